//! What the leader remembers of a fault.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use chaos_api::{ConditionType, FaultState, NetworkFault, NetworkFaultStatus, PodState, Reason};
use chaos_plan::{FaultView, Outcome, Verdict};
use jiff::Timestamp;

use super::{Moment, echo::Echo};
use crate::views::FoundFault;

/// How often a status is written in which nothing but counters has changed.
const COUNTERS: Duration = Duration::from_secs(1);

/// How long a status waits that would say no more than that the plans are published: the nodes'
/// answers are about to come, and are told with it.
const ANSWERS: Duration = Duration::from_millis(30);

/// Why a fault that was in force nowhere has not succeeded.
const NOWHERE: &str = Reason::NotInForce.as_str();

/// What the leader remembers of a fault: what was decided about it for good, and its status.
#[derive(Debug, Default)]
pub(super) struct FaultEntry {
    /// When its first plan was published.
    pub(super) started: Option<Timestamp>,
    /// The same where a leader before this one published plans and did not come to say so.
    found: Option<Timestamp>,
    /// The UIDs of its pods so far.
    pub(super) chosen: BTreeSet<String>,
    /// Its status.
    pub(super) status: Echo<NetworkFaultStatus>,
    written: Option<Instant>,
    /// When it was first planned for by this leader.
    begun: Option<Instant>,
}

impl FaultEntry {
    /// What can be told of a fault that is new to this leader: `found` is what the plans have.
    pub(super) fn of(fault: &NetworkFault, found: &[&FoundFault]) -> Self {
        let status = fault.status.as_ref();
        let started = status.and_then(|status| status.started_at);
        let first = found.first().map(|one| start(one.ends, fault));
        let mut chosen: BTreeSet<String> = found.iter().flat_map(|one| one.pods.clone()).collect();
        let listed = status.map(|status| status.receipts.as_slice());
        let listed = listed.filter(|_| started.is_some()).unwrap_or_default();
        let hit = listed.iter().filter(|one| one.state != PodState::Refused);
        chosen.extend(hit.map(|receipt| receipt.uid.clone()));
        Self {
            started,
            found: first.filter(|_| started.is_none()),
            chosen,
            ..Self::default()
        }
    }

    /// The fault as planning sees it; nothing where it is being deleted.
    pub(super) fn view(&self, fault: &NetworkFault, found: &[&FoundFault]) -> Option<FaultView> {
        let seed = found.first().map(|one| one.seed);
        let uid = fault.metadata.uid.as_deref().unwrap_or_default();
        let seed = seed.unwrap_or_else(|| seed_of(uid));
        let mut view = FaultView::of(fault, seed, self.chosen.clone())?;
        view.started = self.started;
        view.status = self.believed(fault);
        Some(view)
    }

    /// Its status as the API server has it.
    pub(super) fn believed(&self, fault: &NetworkFault) -> NetworkFaultStatus {
        let status = self.status.believed(fault.status.as_ref());
        status.cloned().unwrap_or_default()
    }

    /// Takes a verdict for good. Whether planning must be done again, because a leader before this
    /// one published the first plans, and did not come to say so.
    pub(super) fn take(&mut self, verdict: &Verdict, now: Moment) -> bool {
        if verdict.outcome != Outcome::Placed {
            return false;
        }
        let drawn = verdict.chosen.iter().map(|pod| pod.uid.clone());
        let drawn: BTreeSet<String> = drawn.collect();
        if let Some(found) = self.found.take() {
            self.resume(found, drawn);
            return true;
        }
        self.chosen.extend(drawn);
        if self.started.is_none() {
            self.started = Some(now.server);
            self.begun = Some(now.local);
        }
        false
    }

    /// Goes on with plans that may have been published in part: what is drawn now by the same seed
    /// completes them, unless the pods have changed so much that it is another draw.
    fn resume(&mut self, found: Timestamp, drawn: BTreeSet<String>) {
        self.started = Some(found);
        if self.chosen.is_subset(&drawn) {
            self.chosen = drawn;
        }
    }

    /// Notes that a status was written.
    pub(super) fn wrote(&mut self, status: NetworkFaultStatus, at: Instant) {
        self.status.wrote(status, at);
        self.written = Some(at);
    }

    /// When a status may be written in place of `before`.
    pub(super) fn may_write(
        &self,
        before: &NetworkFaultStatus,
        status: &NetworkFaultStatus,
    ) -> Option<Instant> {
        if before.started_at.is_none() && status.state == FaultState::Pending {
            return self.begun.map(|begun| begun + ANSWERS);
        }
        let written = self.written?;
        (outline(before) == outline(status)).then_some(written + COUNTERS)
    }
}

/// Whether nothing can happen to a fault any more but that a node tells what it did.
pub(super) fn is_final(fault: &NetworkFault, status: &NetworkFaultStatus) -> bool {
    let succeeded = status.condition(ConditionType::Succeeded);
    let over = succeeded.is_some_and(|c| c.status == "True" || c.reason == NOWHERE);
    over && status.observed_generation == fault.metadata.generation
}

/// When a fault of which the plans know the end began.
fn start(ends: Timestamp, fault: &NetworkFault) -> Timestamp {
    let duration = std::time::Duration::from(fault.spec.duration);
    ends.saturating_sub(duration).unwrap_or(Timestamp::MIN)
}

/// The seed of a fault that names none: its UID, which the API server draws, so that every leader
/// comes to the same one. Below 2^63, the most that its status holds.
fn seed_of(uid: &str) -> u64 {
    let digits = uid.chars().filter_map(|digit| digit.to_digit(16));
    let (low, high) = digits.fold((0_u64, 0_u64), |(low, high), digit| {
        ((low << 4) | u64::from(digit), (high << 4) | (low >> 60))
    });
    (low ^ high) >> 1
}

/// A status without what only counts.
fn outline(status: &NetworkFaultStatus) -> NetworkFaultStatus {
    let mut outline = status.clone();
    outline.totals = chaos_api::Totals::default();
    outline.preview.clear();
    for condition in &mut outline.conditions {
        condition.message.clear();
    }
    for receipt in &mut outline.receipts {
        receipt.counters = chaos_api::RuleCounters::default();
        receipt.connections_reset = 0;
        receipt.first_hit = None;
        receipt.last_hit = None;
        receipt.interrupted = chaos_api::Span::ZERO;
    }
    outline
}
