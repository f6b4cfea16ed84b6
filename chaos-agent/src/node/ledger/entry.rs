//! Where one fault stands in one pod.

use chaos_api::{EndReason, Receipt, Span, State};
use chaos_plan::{FaultId, PodOrder, PodReport, Preview, ReportState};

use super::{Pod, decide::same};
use crate::node::merged::continued;

/// One fault in one pod: what is reported of it, and what only this process knows.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) report: PodReport,
    /// What it was last given to carry out; nothing where an earlier process was.
    pub(super) order: Option<PodOrder>,
    /// When to try again, on the boot clock.
    pub(super) retry: Option<u64>,
    /// How often it was tried in vain.
    pub(super) tries: u32,
    /// Since when no plan has it, on the boot clock.
    pub(super) dropped: Option<u64>,
    /// What it did before it was brought into force again.
    before: Option<Receipt>,
    /// Until when an earlier process held it, on the boot clock, where it ended with that.
    pub(super) lost: Option<u64>,
}

/// Why a fault cannot be brought into force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::node) struct Refusal {
    /// As one word in `CamelCase`.
    pub(in crate::node) reason: &'static str,
    /// In words.
    pub(in crate::node) message: String,
    /// The pod may still be starting, so that it is worth trying again soon.
    pub(in crate::node) starting: bool,
}

/// What came of one action.
#[derive(Clone, Debug)]
pub(in crate::node) enum Said {
    /// The kernel holds it.
    Armed(PodOrder, Box<Receipt>),
    /// Its connections are listed.
    Shown(PodOrder, Preview),
    /// It could not be brought into force.
    Refused(PodOrder, Refusal),
    /// No kernel holds it any more; its receipt, where it could be read.
    Ended(FaultId, EndReason, Option<Box<Receipt>>),
}

impl Said {
    /// The fault.
    pub(in crate::node) const fn fault(&self) -> &FaultId {
        match self {
            Self::Armed(order, _) | Self::Shown(order, _) | Self::Refused(order, _) => &order.id,
            Self::Ended(fault, ..) => fault,
        }
    }
}

/// A pod that is not there yet is looked for this often, in nanoseconds.
const SOON: u64 = 250_000_000;

/// That many times, and less often after.
const OFTEN: u32 = 40;

/// The first pause after any other refusal, and the shortest for a pod that stays away.
const LATER: u64 = 1_000_000_000;

/// The longest pause.
const LATEST: u64 = 30_000_000_000;

impl Entry {
    pub(super) fn new(pod: &Pod, fault: FaultId, state: ReportState) -> Self {
        Self::read(PodReport {
            uid: pod.uid.clone(),
            name: pod.name.clone(),
            namespace: pod.namespace.clone(),
            fault,
            state,
            receipt: None,
            preview: None,
        })
    }

    /// From the report of an earlier process.
    pub(super) fn read(report: PodReport) -> Self {
        Self {
            report,
            order: None,
            retry: None,
            tries: 0,
            dropped: None,
            before: None,
            lost: None,
        }
    }

    /// Whether it stands for this order already, whatever is left of its time.
    pub(super) fn is_for(&self, order: &PodOrder) -> bool {
        self.order.as_ref().is_some_and(|own| same(own, order))
    }

    pub(super) fn is_due(&self, now: u64) -> bool {
        self.retry.is_some_and(|at| at <= now)
    }

    pub(super) fn is_armed(&self) -> bool {
        self.report.state == ReportState::Armed
    }

    /// Writes down what came of an action at `now`.
    pub(super) fn note(&mut self, said: Said, now: u64) {
        match said {
            Said::Armed(order, receipt) => {
                self.go_on(now);
                self.stand(ReportState::Armed, Some(order));
                self.take(*receipt);
                self.report.preview = None;
            }
            Said::Shown(order, preview) => {
                self.stand(ReportState::Previewed, Some(order));
                self.report.preview = Some(preview);
            }
            Said::Refused(order, refusal) => self.refuse(order, refusal, now),
            Said::Ended(_, reason, receipt) => {
                self.end(reason, receipt.map(|receipt| *receipt));
                let gone = reason == EndReason::TargetGone;
                self.retry = gone.then(|| now.saturating_add(SOON));
            }
        }
    }

    /// Takes an engine's receipt.
    pub(super) fn take(&mut self, receipt: Receipt) {
        self.report.receipt = Some(self.whole(receipt));
    }

    /// An engine's receipt with what was before it; it calls the pod by its name.
    pub(super) fn whole(&self, receipt: Receipt) -> Receipt {
        let target = format!("pod/{}", self.report.name);
        let receipt = Receipt { target, ..receipt };
        match self.before.clone() {
            Some(before) => continued(before, receipt),
            None => receipt,
        }
    }

    /// The account of what has ended goes on, if it comes into force again; that it was not in force
    /// since an earlier process ended is told.
    fn go_on(&mut self, now: u64) {
        if self.is_armed() {
            return;
        }
        self.before = self.report.receipt.take().or(self.before.take());
        if let (Some(before), Some(lost)) = (&mut self.before, self.lost.take()) {
            let gap = now.saturating_sub(lost);
            before.interrupted = Span::from_nanos(before.interrupted.as_nanos() + gap);
        }
    }

    /// Ends it; without a receipt the last one becomes the final one.
    pub(super) fn end(&mut self, reason: EndReason, receipt: Option<Receipt>) {
        self.stand(ReportState::Ended { reason }, self.order.clone());
        if let Some(receipt) = receipt {
            self.take(receipt);
        } else if let Some(last) = &mut self.report.receipt {
            last.state = State::Ended;
            last.reason = Some(reason);
        }
    }

    /// A pod that had the fault and has gone stays ended until there is another network for it.
    fn refuse(&mut self, order: PodOrder, refusal: Refusal, now: u64) {
        let tries = self.tries.saturating_add(1);
        let pause = pause(&refusal, tries);
        let gone = EndReason::TargetGone;
        if refusal.starting && self.report.state == (ReportState::Ended { reason: gone }) {
            self.order = Some(order);
        } else {
            let (reason, message) = (refusal.reason.into(), refusal.message);
            self.stand(ReportState::Refused { reason, message }, Some(order));
            self.before = self.report.receipt.take().or(self.before.take());
            self.report.preview = None;
        }
        self.tries = tries;
        self.retry = Some(now.saturating_add(pause));
    }

    fn stand(&mut self, state: ReportState, order: Option<PodOrder>) {
        self.report.state = state;
        self.order = order;
        self.retry = None;
        self.tries = 0;
    }
}

/// How long to wait after this many tries.
fn pause(refusal: &Refusal, tries: u32) -> u64 {
    match (refusal.starting, tries) {
        (true, ..=OFTEN) => SOON,
        (true, _) => LATER,
        (false, tries) => LATER
            .saturating_mul(1 << tries.saturating_sub(1).min(16))
            .min(LATEST),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_that_is_starting_is_met_within_a_second_and_other_refusals_are_not_hammered() {
        let refusal = |starting| Refusal {
            reason: "NoProcess",
            message: String::new(),
            starting,
        };
        assert_eq!(pause(&refusal(true), 1), SOON);
        assert_eq!(pause(&refusal(true), 10_000), LATER);
        assert_eq!(pause(&refusal(false), 1), LATER);
        assert_eq!(pause(&refusal(false), 3), 4 * LATER);
        assert_eq!(pause(&refusal(false), 10_000), LATEST);
    }
}
