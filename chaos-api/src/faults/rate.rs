//! `rate`: packets pass no faster than this.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::delay::{is_default, words};
use crate::schema::{self, rules};
use crate::{Bitrate, Size, local};

/// Let packets pass no faster than this, away from the target unless a direction is named: those that
/// come too fast wait in a queue, and those that find it full are dropped. Counted are bytes of the
/// wire, link header included. Of several that meet one packet the lowest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(
    transform = schema::with_planned,
    extend("x-kubernetes-validations" = rules::planned(&local::PLANNED))
)]
pub struct Rate {
    /// How fast, in tc's units: `20mbit`, and `20mbps` for megabytes. 1kbit to 100gbit.
    pub rate: Bitrate,
    /// What may pass at once after a pause, in tc's units: `32kb`. What passes in 10ms where absent,
    /// at least 4kb. At most 64mb.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::optional_size")]
    pub burst: Option<Size>,
    /// What may wait, in tc's units. What passes in 100ms where absent, at least 64kb. At most 64mb.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::optional_size")]
    pub limit: Option<Size>,
    /// What has the rate for itself.
    #[serde(default, skip_serializing_if = "is_default")]
    pub per: RatePer,
}

/// What has a [`Rate`] for itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RatePer {
    /// One direction of the target.
    #[default]
    Pod,
    /// One direction of each connection.
    Flow,
}

words!(RatePer { Pod = "pod", Flow = "flow" });

impl Rate {
    /// The fault's word.
    pub const WORD: &str = "rate";

    /// Bytes that may pass at once after a pause.
    pub fn burst_bytes(&self) -> u64 {
        let usual = (self.rate.bits() / 8 / 100).max(4 << 10);
        self.burst.map_or(usual, Size::bytes)
    }

    /// Bytes that may wait.
    pub fn limit_bytes(&self) -> u64 {
        let usual = (self.rate.bits() / 8 / 10).clamp(64 << 10, Size::LARGEST.bytes());
        self.limit.map_or(usual, Size::bytes)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} {}", Self::WORD, self.rate)?;
        if let Some(burst) = self.burst {
            write!(f, " burst {burst}")?;
        }
        if let Some(limit) = self.limit {
            write!(f, " limit {limit}")?;
        }
        match self.per {
            RatePer::Pod => Ok(()),
            RatePer::Flow => write!(f, " per {}", self.per),
        }
    }
}
