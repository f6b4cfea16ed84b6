//! What an engine is asked for.

use chaos_api::FaultSpec;
use chaos_plan::{Fault, Spare};

/// A fault to bring into force; its time counts from then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its name, unique among the faults in force.
    pub name: String,
    /// Its words, validated.
    pub spec: FaultSpec,
    /// Seed of its draws.
    pub seed: u64,
    /// Connections that it leaves alone.
    pub spare: Spare,
}

impl Order {
    /// The fault, where its time counts from boot-clock time `now`, in nanoseconds.
    pub(super) fn into_fault(self, now: u64) -> Fault {
        Fault {
            name: self.name,
            deadline: now.saturating_add(self.spec.duration.as_nanos()),
            spec: self.spec,
            seed: self.seed,
            anchor: 0,
            spare: self.spare,
        }
    }
}
