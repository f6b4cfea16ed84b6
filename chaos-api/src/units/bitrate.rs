//! `20mbit`: how fast, in tc's units (tc(8), "RATES").

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::text::{decimal, text_serde};

/// How many bits pass in a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bitrate {
    bits: u64,
    /// Whether it was said in bytes.
    in_bytes: bool,
}

/// Why a text is no [`Bitrate`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BitrateError {
    /// A number without a unit.
    #[error("\"{0}\" has no unit; write \"{0}mbit\" or \"{0}kbit\"")]
    Bare(String),
    /// Outside the bounds.
    #[error("\"{0}\" is not allowed; write 1kbit to 100gbit")]
    Bounds(String),
    /// Not a number with a unit.
    #[error("\"{0}\" is not a rate; write it as in \"20mbit\", or \"20mbps\" for megabytes")]
    Malformed(String),
}

/// Units in bits a second, the largest first; those in bytes end in `bps`.
const UNITS: [(&str, u64); 18] = [
    ("gbit", 1_000_000_000),
    ("mbit", 1_000_000),
    ("kbit", 1_000),
    ("bit", 1),
    ("gibit", 1 << 30),
    ("mibit", 1 << 20),
    ("kibit", 1 << 10),
    ("gbps", 8_000_000_000),
    ("mbps", 8_000_000),
    ("kbps", 8_000),
    ("bps", 8),
    ("gibps", 8 << 30),
    ("mibps", 8 << 20),
    ("kibps", 8 << 10),
    ("tbit", 1_000_000_000_000),
    ("tibit", 1 << 40),
    ("tbps", 8_000_000_000_000),
    ("tibps", 8 << 40),
];

impl Bitrate {
    /// Lowest.
    pub const LOWEST: u64 = 1_000;
    /// Highest.
    pub const HIGHEST: u64 = 100_000_000_000;

    /// Bits a second.
    pub const fn bits(self) -> u64 {
        self.bits
    }

    /// Whether it was said in bytes a second, as tc's `mbps` is.
    pub const fn is_in_bytes(self) -> bool {
        self.in_bytes
    }

    /// The same rate, said in bits.
    #[must_use]
    pub const fn in_bits(self) -> Self {
        Self {
            in_bytes: false,
            ..self
        }
    }
}

impl fmt::Display for Bitrate {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let fits = |(name, unit): &&(&str, u64)| {
            name.ends_with("bps") == self.in_bytes && self.bits.is_multiple_of(*unit)
        };
        let (name, unit) = UNITS.iter().find(fits).unwrap_or(&("bit", 1));
        write!(f, "{}{name}", self.bits / unit)
    }
}

impl FromStr for Bitrate {
    type Err = BitrateError;

    fn from_str(text: &str) -> Result<Self, BitrateError> {
        if decimal(text).is_some() {
            return Err(BitrateError::Bare(text.into()));
        }
        let (bits, name) = super::text::scaled(text, &UNITS)
            .ok_or_else(|| BitrateError::Malformed(text.into()))?;
        let bits = bits.filter(|bits| (Self::LOWEST..=Self::HIGHEST).contains(bits));
        Ok(Self {
            bits: bits.ok_or_else(|| BitrateError::Bounds(text.into()))?,
            in_bytes: name.ends_with("bps"),
        })
    }
}

text_serde!(Bitrate, crate::schema::bitrate());
