//! What is to be done in a pod, and what came of it.

use std::collections::BTreeSet;

use chaos_api::{EndReason, Span};
use chaos_plan::ReportState;
use jiff::Timestamp;

use super::{
    Action, Key, Ledger, Pod, Refusal, Said,
    decide::{Step, decide},
    entry::Entry,
};

impl Ledger {
    /// The pods that are to be looked at, at `now` on the boot clock.
    pub(in crate::node) fn due(&self, now: u64) -> BTreeSet<String> {
        if self.halted.is_none() {
            return BTreeSet::new();
        }
        let retries = self.entries.iter().filter(|(_, entry)| entry.is_due(now));
        let retries = retries.map(|((pod, _), _)| pod.clone());
        let due = retries.chain(self.pending.iter().cloned());
        due.filter(|pod| !self.busy.contains(pod)).collect()
    }

    /// When a pod is due the next time by itself, on the boot clock.
    pub(in crate::node) fn next_due(&self) -> Option<u64> {
        let idle = self
            .entries
            .iter()
            .filter(|((pod, _), _)| !self.busy.contains(pod));
        idle.filter_map(|(_, entry)| entry.retry).min()
    }

    /// What an engine is to do in a pod now, where `left` is what remains until a time of the API
    /// server's clock: ends first. What needs no engine is written down at once.
    pub(in crate::node) fn next(
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
                Step::LoseSnapshot => self.lose_snapshot(&key),
                Step::Forget => drop(self.entries.remove(&key)),
            }
        }
        actions.sort_by_key(|action| !matches!(action, Action::Stop(..)));
        actions
    }

    /// Writes down what came of an action; where the fault stands now, if that is news.
    pub(in crate::node) fn note(
        &mut self,
        pod: &Pod,
        said: Said,
        now: u64,
    ) -> Option<&ReportState> {
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
    pub(in crate::node) fn lose(&mut self, pod: &str, refusal: &Refusal, now: u64) {
        for fault in self.armed_in(pod) {
            let entry = self.entries.get_mut(&(pod.to_owned(), fault));
            let Some((entry, order)) = entry.and_then(|e| e.order.clone().map(|o| (e, o))) else {
                continue;
            };
            if order.spec.traffic.tells_ages() {
                entry.end(EndReason::SnapshotLost, None);
            } else {
                entry.note(Said::Refused(order, refusal.clone()), now);
            }
        }
    }

    /// Writes down that there is nothing to do in a pod.
    pub(in crate::node) fn looked_at(&mut self, pod: &str) {
        self.pending.remove(pod);
    }

    /// Writes down that something is being done in a pod.
    pub(in crate::node) fn begin(&mut self, pod: &str) {
        self.pending.remove(pod);
        self.busy.insert(pod.to_owned());
    }

    /// Writes down that it is done.
    pub(in crate::node) fn done(&mut self, pod: &str) {
        self.busy.remove(pod);
    }

    /// Whether something is being done in some pod.
    pub(in crate::node) fn is_busy(&self) -> bool {
        !self.busy.is_empty()
    }

    /// Acknowledges the plan where nothing of it is left to do.
    pub(in crate::node) fn acknowledge(&mut self) {
        let done = self.pending.is_empty() && self.busy.is_empty() && self.halted.is_some();
        if let Some(plan) = self.plan.as_ref().filter(|_| done) {
            self.acknowledged = plan.id.clone();
        }
    }

    /// What was due and is not wanted any more is not tried again.
    fn rest(&mut self, key: &Key, now: u64) {
        if let Some(entry) = self.entries.get_mut(key).filter(|entry| entry.is_due(now)) {
            entry.retry = None;
        }
    }

    fn lose_snapshot(&mut self, key: &Key) {
        if let Some(entry) = self.entries.get_mut(key) {
            entry.end(EndReason::SnapshotLost, None);
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
