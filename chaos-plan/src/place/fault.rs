//! A fault as planning sees it: its words, and what the controller remembers of it.

use std::collections::BTreeSet;

use chaos_api::{ConditionType, NetworkFault, NetworkFaultSpec, NetworkFaultStatus, Reason};
use jiff::Timestamp;

use crate::FaultId;

/// A fault and what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultView {
    /// Which fault.
    pub id: FaultId,
    /// Its words.
    pub spec: NetworkFaultSpec,
    /// The generation of these words.
    pub generation: Option<i64>,
    /// When the object was made, by the API server's clock.
    pub created: Timestamp,
    /// When its first plan was published, by the API server's clock.
    pub started: Option<Timestamp>,
    /// Its seed, or the one that was chosen for it.
    pub seed: u64,
    /// The UIDs of the pods that were chosen for it so far.
    pub chosen: BTreeSet<String>,
    /// What its status says so far.
    pub status: NetworkFaultStatus,
}

impl FaultView {
    /// The fault with what its object says; `seed` is taken where the object names none. Nothing
    /// where the object lacks what the API server gives to every object, or is being deleted.
    pub fn of(fault: &NetworkFault, seed: u64, chosen: BTreeSet<String>) -> Option<Self> {
        let meta = &fault.metadata;
        if meta.deletion_timestamp.is_some() {
            return None;
        }
        let status = fault.status.clone().unwrap_or_default();
        Some(Self {
            id: FaultId {
                namespace: meta.namespace.clone()?,
                name: meta.name.clone()?,
                uid: meta.uid.clone()?,
            },
            spec: fault.spec.clone(),
            generation: meta.generation,
            created: meta.creation_timestamp.as_ref()?.0,
            started: status.started_at,
            seed: fault.spec.seed.or(status.seed).unwrap_or(seed),
            chosen,
            status,
        })
    }

    /// When it ends if it is published at `now`, or was before.
    pub(crate) fn ends(&self, now: Timestamp) -> Timestamp {
        let started = self.started.unwrap_or(now);
        started
            .saturating_add(std::time::Duration::from(self.spec.duration))
            .unwrap_or(Timestamp::MAX)
    }

    /// Why it is over for good, as its status says.
    pub(crate) fn over(&self) -> Option<(Reason, &str)> {
        let succeeded = self.status.condition(ConditionType::Succeeded)?;
        let reason = Reason::from_word(&succeeded.reason).unwrap_or(Reason::Expired);
        (succeeded.status == "True").then_some((reason, &succeeded.message))
    }
}
