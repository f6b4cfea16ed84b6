//! `loss`: packets vanish one by one, each drawn for itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::{self, rules};
use crate::{Percent, local};

/// Drop packets silently, away from the target unless a direction is named. What the kernel hands over
/// as one packet, to be cut into several later (TSO, GSO), is lost or kept as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(
    transform = schema::with_planned_loss,
    extend("x-kubernetes-validations" = rules::planned(&local::PLANNED_LOSS))
)]
pub struct Loss {
    /// The share of packets that are lost.
    pub loss: Percent,
}

impl Loss {
    /// The fault's word.
    pub const WORD: &str = "loss";
}
