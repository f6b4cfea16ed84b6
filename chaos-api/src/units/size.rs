//! `32kb`: how many bytes, in tc's units (tc(8), "SIZES").

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::text::{decimal, text_serde};

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size {
    bytes: u64,
}

/// Why a text is no [`Size`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SizeError {
    /// A number without a unit.
    #[error("\"{0}\" has no unit; write \"{0}kb\" or \"{0}b\"")]
    Bare(String),
    /// Outside the bounds.
    #[error("\"{0}\" is not allowed; write 2kb to 64mb")]
    Bounds(String),
    /// Not a number with a unit.
    #[error("\"{0}\" is not a size; write it as in \"32kb\"")]
    Malformed(String),
}

/// Units in bytes, the largest first. tc's are powers of two, its bits among them.
const UNITS: [(&str, u64); 10] = [
    ("gb", 1 << 30),
    ("mb", 1 << 20),
    ("kb", 1 << 10),
    ("b", 1),
    ("g", 1 << 30),
    ("m", 1 << 20),
    ("k", 1 << 10),
    ("gbit", 1 << 27),
    ("mbit", 1 << 17),
    ("kbit", 1 << 7),
];

impl Size {
    /// Smallest: a packet passes.
    pub const SMALLEST: Self = Self { bytes: 2 << 10 };
    /// Largest: what the delay line can hold.
    pub const LARGEST: Self = Self { bytes: 64 << 20 };

    /// In bytes.
    pub const fn bytes(self) -> u64 {
        self.bytes
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let fits = |(_, unit): &&(&str, u64)| self.bytes.is_multiple_of(*unit);
        let (name, unit) = UNITS.iter().find(fits).unwrap_or(&("b", 1));
        write!(f, "{}{name}", self.bytes / unit)
    }
}

impl FromStr for Size {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, SizeError> {
        if decimal(text).is_some() {
            return Err(SizeError::Bare(text.into()));
        }
        let (bytes, _) =
            super::text::scaled(text, &UNITS).ok_or_else(|| SizeError::Malformed(text.into()))?;
        let bounds = Self::SMALLEST.bytes..=Self::LARGEST.bytes;
        let bytes = bytes.filter(|bytes| bounds.contains(bytes));
        let bytes = bytes.ok_or_else(|| SizeError::Bounds(text.into()))?;
        Ok(Self { bytes })
    }
}

text_serde!(Size, crate::schema::size());
