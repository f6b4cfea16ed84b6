//! Tables as kubectl prints them.

use std::io::{IsTerminal, stdout};

use comfy_table::{ContentArrangement, Table, presets::NOTHING};

/// Columns without lines, as kubectl prints them; cells break only where the terminal ends.
pub(crate) fn table<const N: usize>(
    head: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(head);
    // A terminal that does not know its width has none to break at.
    let is_known = stdout().is_terminal() && table.width().is_some_and(|width| width > 0);
    table.set_content_arrangement(if is_known {
        ContentArrangement::Dynamic
    } else {
        ContentArrangement::Disabled
    });
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let lines = table.lines().map(|line| line.trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}
