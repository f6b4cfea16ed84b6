//! What the units share: plain decimals, and serde through text. A bare number in a file meets the
//! same parser as text, which knows whether it is ambiguous.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::Deserializer;
use serde::de::{Error, Visitor};

/// The digits before and after the point; `None` for anything but a plain decimal number.
pub(super) fn decimal(text: &str) -> Option<(&str, &str)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    (digits(whole) && digits(fraction)).then_some((whole, fraction))
}

/// A number with one of the units, in any case, as a whole number of what they count, rounded down,
/// `None` where it is too large; and the unit's name. `None` for anything else.
pub(super) fn scaled(
    text: &str,
    units: &[(&'static str, u64)],
) -> Option<(Option<u64>, &'static str)> {
    let (number, name) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic())?);
    let known = units
        .iter()
        .find(|(unit, _)| unit.eq_ignore_ascii_case(name));
    let ((whole, fraction), (name, unit)) = (decimal(number)?, *known?);
    let fraction = fraction.trim_end_matches('0');
    let whole_number = || {
        let scale = 10_u128.pow(
            u32::try_from(fraction.len())
                .ok()
                .filter(|places| *places <= 12)?,
        );
        let digits: u128 = format!("{whole}{fraction}").parse().ok()?;
        let product = digits.checked_mul(unit.into())?;
        u64::try_from(product / scale).ok()
    };
    Some((whole_number(), name))
}

/// Deserializes a `T` from a string, or from a number as if it had been written as a string.
pub(crate) fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr<Err: fmt::Display>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_any(Text(PhantomData))
}

struct Text<T>(PhantomData<T>);

impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }
}

/// Serde through `Display` and `FromStr`, and the schema of the text.
macro_rules! text_serde {
    ($unit:ident, $schema:expr) => {
        impl schemars::JsonSchema for $unit {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($unit).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $schema
            }
        }

        impl serde::Serialize for $unit {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $unit {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::units::text::deserialize(deserializer)
            }
        }
    };
}
pub(super) use text_serde;
