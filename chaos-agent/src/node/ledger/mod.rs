//! What this node has been told, and where each fault stands in each of its pods.
//!
//! The ledger is pure: it knows no kernel and no clock. It says what is to be done in a pod
//! ([`Ledger::next`]), is told what came of it ([`Ledger::note`]), and makes the report.

mod decide;
mod entry;
mod restore;
mod wishes;

use std::collections::{BTreeMap, BTreeSet};

use chaos_api::{EndReason, PlanId, Receipt, Span};
use chaos_plan::{FaultId, PodOrder, Report, ReportState};
use jiff::Timestamp;

pub(super) use entry::{Refusal, Said};

use self::{
    decide::{Step, decide},
    entry::Entry,
};
use super::intake::Plan;

/// How long an account is kept after no plan has the fault any more, in nanoseconds: long enough
/// for a controller that was away to read it.
const KEPT: u64 = 300_000_000_000;

/// How many accounts of faults that have ended are kept; the oldest go first.
const MOST_KEPT: usize = 1024;

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

    /// The pods that are to be looked at, at `now` on the boot clock.
    pub(super) fn due(&self, now: u64) -> BTreeSet<String> {
        if self.halted.is_none() {
            return BTreeSet::new();
        }
        let retries = self.entries.iter().filter(|(_, entry)| entry.is_due(now));
        let retries = retries.map(|((pod, _), _)| pod.clone());
        let due = retries.chain(self.pending.iter().cloned());
        due.filter(|pod| !self.busy.contains(pod)).collect()
    }

    /// When a pod is due the next time by itself, on the boot clock.
    pub(super) fn next_due(&self) -> Option<u64> {
        let idle = self
            .entries
            .iter()
            .filter(|((pod, _), _)| !self.busy.contains(pod));
        idle.filter_map(|(_, entry)| entry.retry).min()
    }

    /// What an engine is to do in a pod now, where `left` is what remains until a time of the API
    /// server's clock: ends first. What needs no engine is written down at once.
    pub(super) fn next(
        &mut self,
        pod: &str,
        now: u64,
        left: impl Fn(Timestamp) -> Span,
    ) -> Vec<Action> {
        let mut actions = Vec::new();
        for (fault, wish) in self.wishes(pod, left) {
            let key = (pod.to_owned(), fault.clone());
            match decide(self.entries.get(&key), &wish, now) {
                Step::Nothing => self.rest(&key, now),
                Step::Bring(order) => actions.push(Action::Bring(*order)),
                Step::Edit(order) => actions.push(Action::Edit(*order)),
                Step::Stop(reason) => actions.push(Action::Stop(fault, reason)),
                Step::Refuse(reason) => self.write(&key, refused(reason)),
                Step::Lose => {
                    let reason = EndReason::AgentRestarted;
                    self.write(&key, ReportState::Ended { reason });
                }
                Step::Forget => drop(self.entries.remove(&key)),
            }
        }
        actions.sort_by_key(|action| !matches!(action, Action::Stop(..)));
        actions
    }

    /// Writes down what came of an action; where the fault stands now, if that is news.
    pub(super) fn note(&mut self, pod: &Pod, said: Said, now: u64) -> Option<&ReportState> {
        let fault = said.fault();
        let key = (pod.uid.clone(), fault.clone());
        let state = refused(EndReason::Stopped);
        let entry = self
            .entries
            .entry(key)
            .or_insert_with(|| Entry::new(pod, fault.clone(), state));
        let before = entry.report.state.clone();
        entry.note(said, now);
        Some(&entry.report.state).filter(|after| **after != before)
    }

    /// Writes down that what a pod had in force has been let go of.
    pub(super) fn lose(&mut self, pod: &str, refusal: &Refusal, now: u64) {
        for fault in self.armed_in(pod) {
            let entry = self.entries.get_mut(&(pod.to_owned(), fault));
            if let Some((entry, order)) = entry.and_then(|e| e.order.clone().map(|o| (e, o))) {
                entry.note(Said::Refused(order, refusal.clone()), now);
            }
        }
    }

    /// Writes down that there is nothing to do in a pod.
    pub(super) fn looked_at(&mut self, pod: &str) {
        self.pending.remove(pod);
    }

    /// Writes down that something is being done in a pod.
    pub(super) fn begin(&mut self, pod: &str) {
        self.pending.remove(pod);
        self.busy.insert(pod.to_owned());
    }

    /// Writes down that it is done.
    pub(super) fn done(&mut self, pod: &str) {
        self.busy.remove(pod);
    }

    /// Whether something is being done in some pod.
    pub(super) fn is_busy(&self) -> bool {
        !self.busy.is_empty()
    }

    /// Acknowledges the plan where nothing of it is left to do.
    pub(super) fn acknowledge(&mut self) {
        let done = self.pending.is_empty() && self.busy.is_empty() && self.halted.is_some();
        if let Some(plan) = self.plan.as_ref().filter(|_| done) {
            self.acknowledged = plan.id.clone();
        }
    }

    /// Takes the receipts of a pod's faults in force; whether one of them tells anything new.
    pub(super) fn receipts(&mut self, pod: &str, receipts: Vec<Receipt>) -> bool {
        let mut news = false;
        for receipt in receipts {
            let Some(entry) = self.armed_mut(pod, &receipt.name) else {
                continue;
            };
            if is_news(entry.report.receipt.as_ref(), &receipt) {
                entry.take(receipt);
                news = true;
            }
        }
        news
    }

    /// The fault of this name that is in force in a pod.
    pub(super) fn armed(&self, pod: &str, name: &str) -> Option<FaultId> {
        let all = self.armed_in(pod);
        all.into_iter().find(|fault| fault.to_string() == name)
    }

    /// The faults that are in force in a pod.
    pub(super) fn armed_in(&self, pod: &str) -> Vec<FaultId> {
        let own = self.entries.iter().filter(|((uid, _), _)| uid == pod);
        let armed = own.filter(|(_, entry)| entry.is_armed());
        armed.map(|((_, fault), _)| fault.clone()).collect()
    }

    /// The receipts of a fault in all its pods, those in which it has ended among them.
    pub(super) fn receipts_of(&self, fault: &FaultId) -> Vec<Receipt> {
        let own = self.entries.iter().filter(|((_, own), _)| own == fault);
        let receipts = own.filter_map(|(_, entry)| entry.report.receipt.clone());
        receipts.collect()
    }

    /// The faults that are in force in some pod.
    pub(super) fn in_force(&self) -> BTreeSet<FaultId> {
        let armed = self.entries.iter().filter(|(_, entry)| entry.is_armed());
        armed.map(|((_, fault), _)| fault.clone()).collect()
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

    /// The account of all faults, those in force and those that were until a while ago.
    pub(super) fn report(&self) -> Report {
        let pods = self.entries.values();
        Report {
            pods: pods.map(|entry| entry.report.clone()).collect(),
        }
    }

    /// Lets go of what has been over for long; whether there was any.
    pub(super) fn prune(&mut self, now: u64) -> bool {
        let before = self.entries.len();
        let planned = self.planned();
        for (key, entry) in &mut self.entries {
            if planned.contains(key) {
                entry.dropped = None;
            } else {
                entry.dropped.get_or_insert(now);
            }
        }
        let mut kept: Vec<u64> = self.entries.values().filter_map(|e| e.dropped).collect();
        kept.sort_unstable();
        let surplus = kept.len().saturating_sub(MOST_KEPT);
        let oldest = kept.get(surplus).copied().unwrap_or(0);
        self.entries.retain(|_, entry| {
            let old = |at| at < oldest || now.saturating_sub(at) >= KEPT;
            entry.is_armed() || !entry.dropped.is_some_and(old)
        });
        let faults = self.entries.keys().chain(&planned);
        let faults: BTreeSet<&String> = faults.map(|(_, fault)| &fault.uid).collect();
        self.barred.retain(|uid, _| faults.contains(uid));
        self.entries.len() < before
    }

    fn armed_mut(&mut self, pod: &str, name: &str) -> Option<&mut Entry> {
        let fault = self.armed(pod, name)?;
        self.entries.get_mut(&(pod.to_owned(), fault))
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

    /// What was due and is not wanted any more is not tried again.
    fn rest(&mut self, key: &Key, now: u64) {
        if let Some(entry) = self.entries.get_mut(key).filter(|entry| entry.is_due(now)) {
            entry.retry = None;
        }
    }

    fn write(&mut self, key: &Key, state: ReportState) {
        if let Some(pod) = self.pod(&key.0) {
            let entry = Entry::new(&pod, key.1.clone(), state);
            self.entries.insert(key.clone(), entry);
        }
    }
}

/// What is said of a fault that was ended here for good, in a pod where it never was in force.
fn refused(reason: EndReason) -> ReportState {
    ReportState::Refused {
        reason: reason.word().into(),
        message: match reason {
            EndReason::Halted => "all faults were stopped".into(),
            _ => "it was stopped on this node".into(),
        },
    }
}

/// Whether a receipt tells more than one before: the hooks' totals move with any traffic, and times
/// with the wall clock.
fn is_news(before: Option<&Receipt>, after: &Receipt) -> bool {
    before.is_none_or(|before| {
        before.rules != after.rules
            || before.connections_reset != after.connections_reset
            || before.interrupted != after.interrupted
            || before.warnings != after.warnings
    })
}

#[cfg(test)]
mod tests;
