//! `10.0.0.0/8`: a range of addresses in a file, refused with the fix where it has no length.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use super::text;
use crate::MAX_EXCEPTS;

/// Deserializes one range.
pub(crate) fn one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<IpNet, D::Error> {
    Cidr::deserialize(deserializer).map(|Cidr(range)| range)
}

/// Deserializes a list of ranges.
pub(crate) fn many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let ranges = Vec::<Cidr>::deserialize(deserializer)?;
    Ok(ranges.into_iter().map(|Cidr(range)| range).collect())
}

/// The schema of one range; whether it is one is a rule of its block.
pub(crate) fn schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "description": "A range of addresses, such as 10.0.0.0/8; its host bits are zero.",
        "type": "string",
        "maxLength": MAX_CIDR,
    })
}

/// The schema of a list of ranges.
pub(crate) fn list_schema(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "description": "Holes in the range.",
        "type": "array",
        "maxItems": MAX_EXCEPTS,
        "items": schema(generator),
    })
}

/// Characters of the longest range, in any of its forms.
const MAX_CIDR: usize = 49;

struct Cidr(IpNet);

impl FromStr for Cidr {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| {
            let address = text.parse::<IpAddr>().map(IpNet::from);
            let fix = address.map_or("10.0.0.0/8".into(), |range| range.to_string());
            format!("\"{text}\" is not a CIDR; write it as in \"{fix}\"")
        })
    }
}

impl<'de> Deserialize<'de> for Cidr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer)
    }
}
