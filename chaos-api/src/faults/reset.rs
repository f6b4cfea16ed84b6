//! `reset`: both ends of a TCP connection get RST, idle ones at once; new ones are refused.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Percent;

/// Reset TCP connections. Acts on connections, so it takes no direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Reset {
    /// The share of connections that are hit; all where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<Percent>,
}

impl Reset {
    /// The fault's word.
    pub const WORD: &str = "reset";
}
