//! `reorder`: packets overtake those that a delay holds back.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::{self, rules};
use crate::{Percent, local};

/// Let packets overtake those that the same fault's delay holds back: they are not held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(
    transform = schema::with_planned,
    extend("x-kubernetes-validations" = rules::planned(&local::PLANNED))
)]
pub struct Reorder {
    /// The share of packets.
    pub reorder: Percent,
    /// How alike neighbouring packets of a connection are; the share stays as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<Percent>,
    /// After one that overtook, the first that may again: the n-th, 1 to 1,000,000; the next where
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::count")]
    pub gap: Option<u32>,
}

impl Reorder {
    /// The fault's word.
    pub const WORD: &str = "reorder";
    /// The highest [`gap`](Self::gap).
    pub const MAX_GAP: u32 = 1_000_000;
}

impl fmt::Display for Reorder {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        super::write_share(f, Self::WORD, self.reorder, self.correlation)?;
        match self.gap {
            Some(gap) => write!(f, " gap {gap}"),
            None => Ok(()),
        }
    }
}
