//! What is to be done about one fault in one pod, from what is wished and where it stands.

use chaos_api::{EndReason, Enforcement};
use chaos_plan::{PodOrder, ReportState};

use super::Entry;

/// What the plan, and those who may overrule it, want of one fault in one pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// It is to be in force, or shown.
    Order(Box<PodOrder>),
    /// It is in the plan, and its time is over.
    Over,
    /// It was ended on this node for good.
    Barred(EndReason),
    /// The plan was acknowledged by the process before this one, which may have ended at any point
    /// of it: only a plan with a new number arms again.
    Lost,
    /// It is not in the plan; whether the end of its time has come.
    Absent {
        /// Its time is over.
        over: bool,
    },
}

/// The next step for one fault in one pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It stands as is wished.
    Nothing,
    /// Bring it into force, or show it.
    Bring(Box<PodOrder>),
    /// Give it other words or another end.
    Edit(Box<PodOrder>),
    /// End it.
    Stop(EndReason),
    /// Say that it is not in force, for this reason.
    Refuse(EndReason),
    /// Say that it has ended with the process before this one.
    Lose,
    /// Say nothing of it any more.
    Forget,
}

/// The step from where it stands to what is wished, at `now` on the boot clock.
pub(super) fn decide(entry: Option<&Entry>, wish: &Wish, now: u64) -> Step {
    let Some(entry) = entry else {
        return unknown(wish);
    };
    match &entry.report.state {
        ReportState::Armed => armed(entry, wish),
        ReportState::Previewed => previewed(entry, wish),
        ReportState::Refused { reason, .. } => refused(entry, reason, wish, now),
        ReportState::Ended { reason } => ended(entry, *reason, wish, now),
    }
}

/// Whether two orders differ in nothing but what is left of their time.
pub(super) fn same(one: &PodOrder, other: &PodOrder) -> bool {
    let words = |order: &PodOrder| (order.ends, order.seed, order.spec.draw, order.enforcement);
    one.id == other.id
        && words(one) == words(other)
        && one.spec.faults == other.spec.faults
        && one.spec.traffic == other.spec.traffic
        && one.spared_ports == other.spared_ports
        && one.sources == other.sources
}

fn unknown(wish: &Wish) -> Step {
    match wish {
        Wish::Order(order) => Step::Bring(order.clone()),
        Wish::Barred(reason) => Step::Refuse(*reason),
        Wish::Lost => Step::Lose,
        Wish::Over | Wish::Absent { .. } => Step::Nothing,
    }
}

fn armed(entry: &Entry, wish: &Wish) -> Step {
    match wish {
        Wish::Order(order) if entry.is_for(order) => Step::Nothing,
        Wish::Order(order) if order.enforcement == Enforcement::Enforce => {
            Step::Edit(order.clone())
        }
        Wish::Barred(reason) => Step::Stop(*reason),
        Wish::Absent { over: true } => Step::Stop(EndReason::Expired),
        // What is only to be shown from now on is not in force meanwhile.
        Wish::Order(_) | Wish::Absent { over: false } => Step::Stop(EndReason::Stopped),
        // The kernel ends it by itself.
        Wish::Over | Wish::Lost => Step::Nothing,
    }
}

fn previewed(entry: &Entry, wish: &Wish) -> Step {
    match wish {
        Wish::Order(order) if entry.is_for(order) => Step::Nothing,
        Wish::Order(order) => Step::Bring(order.clone()),
        Wish::Over | Wish::Lost | Wish::Barred(_) => Step::Nothing,
        Wish::Absent { .. } => Step::Forget,
    }
}

fn refused(entry: &Entry, before: &str, wish: &Wish, now: u64) -> Step {
    match wish {
        Wish::Order(order) if entry.is_for(order) && !entry.is_due(now) => Step::Nothing,
        Wish::Order(order) => Step::Bring(order.clone()),
        Wish::Barred(reason) if before != reason.word() => Step::Refuse(*reason),
        Wish::Over | Wish::Lost | Wish::Barred(_) => Step::Nothing,
        Wish::Absent { .. } => Step::Forget,
    }
}

fn ended(entry: &Entry, reason: EndReason, wish: &Wish, now: u64) -> Step {
    let Wish::Order(order) = wish else {
        return Step::Nothing;
    };
    let again = match reason {
        EndReason::Expired => entry
            .order
            .as_ref()
            .is_some_and(|before| before.ends < order.ends),
        // A pod whose sandbox is made anew gets another network under the same UID.
        EndReason::TargetGone => entry.is_due(now),
        EndReason::Stopped | EndReason::HolderExited | EndReason::AgentRestarted => true,
        EndReason::Halted => false,
    };
    if again {
        Step::Bring(order.clone())
    } else {
        Step::Nothing
    }
}
