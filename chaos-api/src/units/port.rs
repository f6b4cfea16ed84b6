//! `4222` or `6222-6230`: a port or a range of them.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::text::text_serde;

/// A non-empty range of ports, 1 to 65535, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRange {
    first: u16,
    last: u16,
}

/// Why a text is no [`PortRange`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PortRangeError {
    /// Port 0, which no packet of a connection has.
    #[error("\"{0}\" has port 0; ports are 1 to 65535")]
    Zero(String),
    /// The last port is below the first.
    #[error("\"{0}\" is reversed; write \"{1}\"")]
    Reversed(String, PortRange),
    /// Not a number, or one over 65535.
    #[error("\"{0}\" is not a port or a range; write it as in \"4222\" or \"6222-6230\"")]
    Malformed(String),
}

impl PortRange {
    /// The range from `first` to `last`.
    pub fn new(first: u16, last: u16) -> Result<Self, PortRangeError> {
        let text = || format!("{first}-{last}");
        match (first, last) {
            (0, _) | (_, 0) => Err(PortRangeError::Zero(text())),
            _ if last < first => Err(PortRangeError::Reversed(
                text(),
                Self {
                    first: last,
                    last: first,
                },
            )),
            _ => Ok(Self { first, last }),
        }
    }

    /// The lowest port.
    pub const fn first(self) -> u16 {
        self.first
    }

    /// The highest port.
    pub const fn last(self) -> u16 {
        self.last
    }

    /// Whether `port` is in the range.
    pub const fn contains(self, port: u16) -> bool {
        self.first <= port && port <= self.last
    }

    /// Reads a comma-separated list, such as `4222,6222-6230`.
    pub fn list(text: &str) -> Result<Vec<Self>, PortRangeError> {
        text.split(',').map(|part| part.trim().parse()).collect()
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if self.first == self.last {
            return write!(f, "{}", self.first);
        }
        write!(f, "{}-{}", self.first, self.last)
    }
}

impl FromStr for PortRange {
    type Err = PortRangeError;

    fn from_str(text: &str) -> Result<Self, PortRangeError> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        match (port(first), port(last)) {
            (Some(0), Some(_)) | (Some(_), Some(0)) => Err(PortRangeError::Zero(text.into())),
            (Some(first), Some(last)) => Self::new(first, last),
            _ => Err(PortRangeError::Malformed(text.into())),
        }
    }
}

text_serde!(PortRange, crate::schema::ports());

fn port(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}
