//! What a fault does: to which traffic, for how long.

use serde::{Deserialize, Serialize};

use crate::{Draw, Faults, Span, Traffic};

/// A fault without its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FaultSpec {
    /// The traffic of the target that it meets; all of it where absent.
    #[serde(default, skip_serializing_if = "Traffic::is_all")]
    pub traffic: Traffic,
    /// What happens to that traffic.
    pub faults: Faults,
    /// How long it lasts from the moment it is in force.
    pub duration: Span,
    /// Seed of its draws; chosen and reported where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// What its draws go by.
    #[serde(default, skip_serializing_if = "is_default")]
    pub draw: Draw,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
