//! The forms in which answers are printed.

use std::io::{Write, stdout};

use anyhow::Result;
use chaos_api::Receipt;
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
