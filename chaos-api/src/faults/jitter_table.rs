//! A distribution of one's own: numbers of which one is drawn for each packet.

use std::num::IntErrorKind;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The numbers of [`Distribution::Table`](super::Distribution::Table), each as likely as the others; 8192
/// stands for one jitter (`NETEM_DIST_SCALE` of `linux/pkt_sched.h`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JitterTable(Vec<i16>);

/// Why a text is no table.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: \"{word}\" is not {allowed}")]
pub struct JitterTableError {
    /// The line, from 1 on.
    line: usize,
    /// What stands there.
    word: String,
    /// What may.
    allowed: &'static str,
}

impl JitterTable {
    /// The numbers.
    pub fn numbers(&self) -> &[i16] {
        &self.0
    }
}

impl FromIterator<i16> for JitterTable {
    fn from_iter<T: IntoIterator<Item = i16>>(numbers: T) -> Self {
        Self(numbers.into_iter().collect())
    }
}

impl FromStr for JitterTable {
    type Err = JitterTableError;

    /// Reads a file as iproute2's `*.dist` are: numbers with blanks between them, and comments, which
    /// are lines that begin with `#`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let lines = text.lines().zip(1..);
        let lines = lines.filter(|(text, _)| !text.starts_with('#'));
        let words = lines.flat_map(|(text, line)| text.split_whitespace().map(move |w| (w, line)));
        words.map(|(word, line)| number(word, line)).collect()
    }
}

fn number(word: &str, line: usize) -> Result<i16, JitterTableError> {
    word.parse().map_err(|error: std::num::ParseIntError| {
        let is_wide = matches!(
            error.kind(),
            IntErrorKind::PosOverflow | IntErrorKind::NegOverflow
        );
        JitterTableError {
            line,
            word: word.into(),
            allowed: if is_wide {
                "allowed; write -32768 to 32767"
            } else {
                "a number"
            },
        }
    })
}
