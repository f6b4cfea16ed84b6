//! `12.5%`: a share, exact to a millionth of a percent.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::text::{decimal, text_serde};

/// A share between 0% and 100%, exact to 0.000001%.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent {
    /// In units of 10⁻⁸: `WHOLE` is 100%.
    parts: u32,
}

/// Why a text is no [`Percent`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PercentError {
    /// A number without the sign.
    #[error("\"{0}\" is ambiguous; write {fix}", fix = fixes(.0))]
    Bare(String),
    /// Over 100%.
    #[error("\"{0}\" is over 100%; write 0% to 100%")]
    Over(String),
    /// More than six decimals.
    #[error("\"{0}\" is too fine; write at most 6 decimals, as in \"0.000001%\"")]
    Fine(String),
    /// Not a number with a percent sign.
    #[error("\"{0}\" is not a percentage; write it as in \"12.5%\"")]
    Malformed(String),
}

const DECIMALS: usize = 6;
const WHOLE: u32 = 100_000_000;
const ONE: u32 = WHOLE / 100;

impl Percent {
    /// 100%.
    pub const ALL: Self = Self { parts: WHOLE };

    /// 0%.
    pub const NONE: Self = Self { parts: 0 };

    /// What is left of 100%.
    #[must_use]
    pub const fn rest(self) -> Self {
        Self {
            parts: WHOLE - self.parts,
        }
    }

    /// This share of a number, rounded down.
    pub fn of(self, count: u32) -> u32 {
        let share = u64::from(count) * u64::from(self.parts) / u64::from(WHOLE);
        u32::try_from(share).expect("at most the number itself")
    }

    /// This share of 2³², rounded to the nearest: what a 32-bit draw must be below.
    pub const fn threshold(self) -> u64 {
        (((self.parts as u64) << 32) + WHOLE as u64 / 2) / WHOLE as u64
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let (whole, fraction) = (self.parts / ONE, self.parts % ONE);
        if fraction == 0 {
            return write!(f, "{whole}%");
        }
        let digits = format!("{fraction:0DECIMALS$}");
        write!(f, "{whole}.{}%", digits.trim_end_matches('0'))
    }
}

impl FromStr for Percent {
    type Err = PercentError;

    fn from_str(text: &str) -> Result<Self, PercentError> {
        let Some(number) = text.strip_suffix('%') else {
            return Err(if decimal(text).is_some() {
                PercentError::Bare(text.into())
            } else {
                PercentError::Malformed(text.into())
            });
        };
        let (whole, fraction) =
            decimal(number).ok_or_else(|| PercentError::Malformed(text.into()))?;
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > DECIMALS {
            return Err(PercentError::Fine(text.into()));
        }
        parts(whole, fraction)
            .map(|parts| Self { parts })
            .ok_or_else(|| PercentError::Over(text.into()))
    }
}

text_serde!(Percent, crate::schema::percent());

/// `None` where the sum is over 100%; `fraction` has at most six digits.
fn parts(whole: &str, fraction: &str) -> Option<u32> {
    let whole: u32 = whole.parse().ok()?;
    let fraction: u32 = format!("{fraction:0<DECIMALS$}").parse().ok()?;
    let parts = whole.checked_mul(ONE)?.checked_add(fraction)?;
    (parts <= WHOLE).then_some(parts)
}

/// The ways to write a bare number, where each is a share: `0.5` may mean 0.5% or 50%.
fn fixes(bare: &str) -> String {
    let as_is = format!("\"{bare}%\"");
    let fraction = bare.parse::<f64>().ok().filter(|n| *n > 0.0 && *n <= 1.0);
    match fraction.and_then(|n| format!("{}%", n * 100.0).parse::<Percent>().ok()) {
        Some(share) => format!("{as_is} or \"{share}\""),
        None => as_is,
    }
}
