//! The forms in which answers are printed.

use std::io::{IsTerminal, Write, stdout};

use anyhow::Result;
use chaos_api::Receipt;
use comfy_table::{ContentArrangement, Table, presets::NOTHING};
use serde::Serialize;

use crate::{
    args::{Format, Output},
    text,
};

/// Prints `value` to stdout; `words` makes the text of the forms for people, wide or not.
pub(crate) fn print(
    format: Format,
    value: &impl Serialize,
    words: impl FnOnce(bool) -> String,
) -> Result<()> {
    let text = match format {
        Format::Table => words(false),
        Format::Wide => words(true),
        Format::Json => serde_json::to_string_pretty(value)?,
        Format::Yaml => serde_saphyr::to_string(value)?,
    };
    writeln!(stdout(), "{}", text.trim_end())?;
    Ok(())
}

/// Prints a receipt.
pub(crate) fn receipt(output: Output, receipt: &Receipt) -> Result<()> {
    print(output.format, receipt, |wide| text::receipt(receipt, wide))
}

/// Columns without lines, as kubectl prints them; cells break only where the terminal ends.
pub(crate) fn table<const N: usize>(
    head: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(head);
    if stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    } else {
        table.set_content_arrangement(ContentArrangement::Disabled);
    }
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let lines = table.lines().map(|line| line.trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}
