//! What this node has been told, and where each fault stands in each of its pods.
//!
//! The ledger is pure: it knows no kernel and no clock. It says what is to be done in a pod
//! ([`Ledger::next`]), is told what came of it ([`Ledger::note`]), and makes the report.

mod accounts;
mod decide;
mod entry;
mod restore;
mod wishes;
mod work;

use std::collections::{BTreeMap, BTreeSet};

use chaos_api::{EndReason, PlanId};
use chaos_plan::{FaultId, PodOrder};

pub(super) use entry::{Refusal, Said};

use self::entry::Entry;
use super::intake::Plan;

/// What tells a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pod {
    /// Its UID.
    pub(super) uid: String,
    /// Its name.
    pub(super) name: String,
    /// Its namespace.
    pub(super) namespace: String,
}

/// What an engine is to do in one pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// End a fault.
    Stop(FaultId, EndReason),
    /// Give a fault in force other words or another end.
    Edit(PodOrder),
    /// Bring a fault into force, or show what it would hit.
    Bring(PodOrder),
}

impl Action {
    /// Whether there is more to it than to wait for the kernel.
    pub(super) const fn is_heavy(&self) -> bool {
        !matches!(self, Self::Stop(..))
    }
}

/// What tells an account: the pod's UID and the fault.
type Key = (String, FaultId);

/// The ledger of one node.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    plan: Option<Plan>,
    /// Whether a plan has come since old accounts were let go of.
    is_new: bool,
    /// Whether everything is stopped; nothing arms before that is known.
    halted: Option<bool>,
    /// The plan that is carried out in all its pods.
    acknowledged: PlanId,
    /// The plan that an earlier process acknowledged.
    lost: Option<PlanId>,
    /// Faults that were ended here for good, by UID.
    barred: BTreeMap<String, EndReason>,
    entries: BTreeMap<Key, Entry>,
    /// Pods that have not been looked at since the last change.
    pending: BTreeSet<String>,
    /// Pods in which something is being done.
    busy: BTreeSet<String>,
}

impl Ledger {
    /// Takes a plan, or that there is none.
    pub(super) fn plan(&mut self, plan: Option<Plan>) {
        self.plan = plan;
        self.is_new |= self.plan.is_some();
        self.bar_halted();
        self.look_again();
    }

    /// Takes whether everything is stopped. What was in a plan meanwhile is over for good.
    pub(super) fn halt(&mut self, halted: bool) {
        if self.halted != Some(halted) {
            self.halted = Some(halted);
            self.bar_halted();
            self.look_again();
        }
    }

    /// Ends the fault of this name on this node for good, where it is in force.
    pub(super) fn bar(&mut self, name: &str) -> Option<FaultId> {
        let mut armed = self.entries.iter().filter(|(_, entry)| entry.is_armed());
        let ((_, fault), _) = armed.find(|((_, fault), _)| fault.to_string() == name)?;
        let fault = fault.clone();
        self.barred.insert(fault.uid.clone(), EndReason::Stopped);
        self.look_again();
        Some(fault)
    }

    /// Whether a fault is in force, or may come into force.
    pub(super) fn is_held(&self, fault: &FaultId) -> bool {
        let armed = |((_, own), entry): (&Key, &Entry)| own == fault && entry.is_armed();
        !self.busy.is_empty() || self.entries.iter().any(armed)
    }

    /// The pod of an order or of an account.
    pub(super) fn pod(&self, uid: &str) -> Option<Pod> {
        let planned = self.plan.iter().flat_map(|plan| &plan.body.pods);
        let planned = planned.map(|pod| (&pod.uid, &pod.name, &pod.namespace));
        let told = self.entries.values().map(|entry| &entry.report);
        let told = told.map(|pod| (&pod.uid, &pod.name, &pod.namespace));
        let (uid, name, namespace) = planned.chain(told).find(|(own, ..)| *own == uid)?;
        Some(Pod {
            uid: uid.clone(),
            name: name.clone(),
            namespace: namespace.clone(),
        })
    }

    /// The plan that is to be carried out.
    pub(super) fn current(&self) -> Option<&Plan> {
        self.plan.as_ref()
    }

    /// The plan that is carried out in all its pods.
    pub(super) fn acknowledged(&self) -> &PlanId {
        &self.acknowledged
    }

    /// Everything may have to be done otherwise.
    fn look_again(&mut self) {
        let planned = self.planned();
        let all = planned.iter().chain(self.entries.keys());
        self.pending = all.map(|(pod, _)| pod.clone()).collect();
    }

    fn bar_halted(&mut self) {
        if self.halted != Some(true) {
            return;
        }
        if let Some(plan) = &self.plan {
            for fault in &plan.body.faults {
                let uid = fault.id.uid.clone();
                self.barred.entry(uid).or_insert(EndReason::Halted);
            }
        }
    }
}

#[cfg(test)]
mod tests;
