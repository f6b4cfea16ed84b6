//! `1.5s`, `2h45m`: a length of time, as Go writes durations.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use super::text::{decimal, text_serde};

/// A length of time, exact to a nanosecond, up to 584 years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    nanos: u64,
}

/// Why a text is no [`Span`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SpanError {
    /// A number without a unit.
    #[error("\"{0}\" has no unit; write \"{0}s\" or \"{0}ms\"")]
    Bare(String),
    /// Below zero.
    #[error("\"{0}\" is negative; write a length of time, as in \"30s\"")]
    Negative(String),
    /// Finer than a nanosecond.
    #[error("\"{0}\" is finer than 1ns")]
    Fine(String),
    /// Over 584 years.
    #[error("\"{0}\" is too long to count in nanoseconds")]
    Long(String),
    /// Not a row of numbers with units.
    #[error("\"{0}\" is not a duration; write it as in \"30s\", \"1.5s\", \"500ms\" or \"2h45m\"")]
    Malformed(String),
}

const HOUR: u64 = 60 * MINUTE;
const MINUTE: u64 = 60 * SECOND;
const SECOND: u64 = 1_000_000_000;

/// Units in nanoseconds.
const UNITS: [(&str, u64); 7] = [
    ("h", HOUR),
    ("m", MINUTE),
    ("s", SECOND),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("µs", 1_000),
    ("ns", 1),
];

impl Span {
    /// No time.
    pub const ZERO: Self = Self { nanos: 0 };

    /// This many nanoseconds.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self { nanos }
    }

    /// This many seconds.
    pub const fn from_secs(secs: u64) -> Self {
        Self {
            nanos: secs * 1_000_000_000,
        }
    }

    /// In nanoseconds.
    pub const fn as_nanos(self) -> u64 {
        self.nanos
    }

    /// Whether it is no time at all.
    pub const fn is_zero(&self) -> bool {
        self.nanos == 0
    }
}

impl From<Span> for Duration {
    fn from(span: Span) -> Self {
        Self::from_nanos(span.nanos)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.nanos {
            0 => return f.write_str("0s"),
            1..1_000 => return write!(f, "{}ns", self.nanos),
            1_000..1_000_000 => return write!(f, "{}us", scaled(self.nanos, 1_000)),
            1_000_000..SECOND => return write!(f, "{}ms", scaled(self.nanos, 1_000_000)),
            _ => {}
        }
        let (hours, minutes) = (self.nanos / HOUR, self.nanos % HOUR / MINUTE);
        let rest = self.nanos % MINUTE;
        for (count, unit) in [(hours, "h"), (minutes, "m")] {
            if count > 0 {
                write!(f, "{count}{unit}")?;
            }
        }
        if rest > 0 {
            write!(f, "{}s", scaled(rest, SECOND))?;
        }
        Ok(())
    }
}

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        if decimal(text).is_some() {
            return Err(SpanError::Bare(text.into()));
        }
        if text.starts_with('-') {
            return Err(SpanError::Negative(text.into()));
        }
        let mut nanos: u128 = 0;
        let mut rest = text;
        loop {
            let (amount, unit, tail) =
                next_part(rest).ok_or_else(|| SpanError::Malformed(text.into()))?;
            let part = product(amount, unit).ok_or_else(|| SpanError::Fine(text.into()))?;
            nanos = nanos.saturating_add(part);
            rest = tail;
            if rest.is_empty() {
                break;
            }
        }
        let nanos = u64::try_from(nanos).map_err(|_| SpanError::Long(text.into()))?;
        Ok(Self { nanos })
    }
}

text_serde!(Span, crate::schema::span());

/// A number's digits before and after the point.
type Amount<'a> = (&'a str, &'a str);

/// The first number, its unit in nanoseconds, and what follows.
fn next_part(text: &str) -> Option<(Amount<'_>, u64, &str)> {
    let numeric = |c: char| c.is_ascii_digit() || c == '.';
    let (number, rest) = text.split_at(text.find(|c| !numeric(c))?);
    let (name, tail) = rest.split_at(rest.find(numeric).unwrap_or(rest.len()));
    let (_, unit) = UNITS.iter().find(|(unit, _)| *unit == name)?;
    Some((decimal(number)?, *unit, tail))
}

/// `amount` times `unit`; `None` where that is not a whole number.
fn product((whole, fraction): Amount, unit: u64) -> Option<u128> {
    let fraction = fraction.trim_end_matches('0');
    // 3.6e12 has 11 factors of two and five each, so a longer fraction of it is never whole.
    let places = u32::try_from(fraction.len())
        .ok()
        .filter(|places| *places <= 13)?;
    let scale = 10_u128.pow(places);
    // Saturated, the sum is too long anyway.
    let whole = whole.parse::<u64>().unwrap_or(u64::MAX);
    let digits = format!("0{fraction}").parse::<u128>().ok()?;
    let part = digits * u128::from(unit);
    (part % scale == 0).then(|| u128::from(whole) * u128::from(unit) + part / scale)
}

/// `nanos` in a unit, as a decimal without trailing zeros.
fn scaled(nanos: u64, unit: u64) -> String {
    let width = unit.ilog10() as usize;
    let text = format!("{}.{:0width$}", nanos / unit, nanos % unit);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
