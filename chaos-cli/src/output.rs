//! The forms in which answers are printed.

use std::{
    fmt::Display,
    io::{ErrorKind, Write, stdout},
};

use anyhow::Result;
use jiff::Timestamp;
use serde::Serialize;

use crate::args::Format;

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
    line(text.trim_end())
}

/// Prints lines to stdout; that nobody reads on is no error.
pub(crate) fn line(text: &str) -> Result<()> {
    match writeln!(stdout(), "{text}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Says on stderr what is wrong, a line each after the same words.
pub(crate) fn complain(words: &str, lines: impl IntoIterator<Item = impl Display>) {
    for line in lines {
        eprintln!("{words}: {line}");
    }
}

/// A time to the second, in UTC.
pub(crate) fn moment(time: Option<Timestamp>) -> String {
    time.map_or_else(
        || "?".into(),
        |time| time.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
    )
}
