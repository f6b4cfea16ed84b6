//! What the draws of a fault go by.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a connection is to the draws of a share: with the same seed, that chooses the same again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Draw {
    /// Its number among those that the fault's block met, from 1 on, whatever its ports are.
    #[default]
    Ordinal,
    /// Its addresses and ports.
    Flow,
}

impl fmt::Display for Draw {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Ordinal => "Ordinal",
            Self::Flow => "Flow",
        })
    }
}
