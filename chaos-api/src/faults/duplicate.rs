//! `duplicate`: packets come twice.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::{self, rules};
use crate::{Percent, local};

/// Send packets twice, away from the target unless a direction is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(
    transform = schema::with_planned,
    extend("x-kubernetes-validations" = rules::planned(&local::PLANNED))
)]
pub struct Duplicate {
    /// The share of packets.
    pub duplicate: Percent,
    /// How alike neighbouring packets of a connection are; the share stays as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<Percent>,
}

impl Duplicate {
    /// The fault's word.
    pub const WORD: &str = "duplicate";
}

impl fmt::Display for Duplicate {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        super::write_share(f, Self::WORD, self.duplicate, self.correlation)
    }
}
