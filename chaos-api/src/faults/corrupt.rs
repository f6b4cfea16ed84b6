//! `corrupt`: a bit of a packet is flipped.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::{self, rules};
use crate::{Percent, local};

/// Flip one bit in packets, away from the target unless a direction is named. Their checksum is made
/// before that, so that the receiver's catches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(
    transform = schema::with_planned,
    extend("x-kubernetes-validations" = rules::planned(&local::PLANNED))
)]
pub struct Corrupt {
    /// The share of packets.
    pub corrupt: Percent,
    /// How alike neighbouring packets of a connection are; the share stays as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<Percent>,
}

impl Corrupt {
    /// The fault's word.
    pub const WORD: &str = "corrupt";
}

impl fmt::Display for Corrupt {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        super::write_share(f, Self::WORD, self.corrupt, self.correlation)
    }
}
