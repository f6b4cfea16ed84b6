//! `blackhole`: packets vanish, and the sender sees what network loss looks like.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Percent;

/// Drop silently, both ways unless a direction is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Blackhole {
    /// The share of connections (for UDP and ICMP: of address and port pairs) that are hit; all
    /// where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<Percent>,
}

impl Blackhole {
    /// The fault's word.
    pub const WORD: &str = "blackhole";
}
