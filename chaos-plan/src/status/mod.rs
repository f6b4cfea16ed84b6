//! What agents report becomes the status of a fault.

mod conditions;
mod entries;
mod totals;
mod wake;

use std::collections::BTreeMap;
use std::time::Duration;

use chaos_api::{
    Enforcement, FaultState, MAX_MESSAGE, MAX_MESSAGES, MAX_PREVIEW, MAX_PREVIEW_TOTAL,
    MAX_RECEIPTS, Mode, NetworkFaultStatus, PodPreview, PodReceipt, PodState, Reason,
};
use jiff::Timestamp;

use self::entries::Entry;
pub use self::wake::next_change;
use crate::{FaultView, Outcome, Report, Verdict};

/// Whether a node's agent is there, as its kubelet tells; the best first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Agent {
    /// It can act.
    #[default]
    Ready,
    /// It runs, and does not say that it can act: what it said last may be old.
    NotReady,
    /// It does not run: what it held ended with it.
    Gone,
}

/// What one node's agent last said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Its report.
    pub report: Report,
    /// Whether it acknowledges the node's current plan, so that what the report does not list is
    /// not there.
    pub current: bool,
    /// Where it does not: since when it is asked to, by the API server's clock.
    pub asked: Option<Timestamp>,
    /// Whether it is there.
    pub agent: Agent,
}

/// When a fault that ends then is over without its nodes' last accounts, which tell all that was
/// hit: its kernels have let go by themselves.
fn last_word(ends: Timestamp) -> Timestamp {
    ends.saturating_add(Duration::from_secs(1))
        .unwrap_or(Timestamp::MAX)
}

/// All that a status is made from.
struct Facts<'a> {
    fault: &'a FaultView,
    verdict: &'a Verdict,
    entries: Vec<Entry>,
    /// When it ends or ended by itself, where it ever was in a plan.
    ends: Option<Timestamp>,
    now: Timestamp,
}

/// The status of a fault from its verdict and, by node, what each agent last said, at `now` by the
/// API server's clock. What was told before and is not any more (a pod or a node that has gone)
/// stays as the fault's status has it.
pub fn aggregate(
    fault: &FaultView,
    verdict: &Verdict,
    answers: &BTreeMap<String, Answer>,
    now: Timestamp,
) -> NetworkFaultStatus {
    let before = &fault.status;
    let ends = verdict.ends.or(before.ends_at);
    let mut entries = entries::gather(fault, verdict, answers);
    let over = ends.is_some_and(|ends| last_word(ends) <= now);
    entries.iter_mut().for_each(if over {
        Entry::expire
    } else {
        Entry::end_with_agent
    });
    let facts = Facts {
        fault,
        verdict,
        entries,
        ends,
        now,
    };
    let placed = verdict.outcome == Outcome::Placed;
    let totals = totals::of(&facts.entries, &before.totals);
    let [armed, failed] = [PodState::Armed, PodState::Refused].map(|state| facts.count(state));
    let wanted = if placed {
        facts.wanted()
    } else {
        before.chosen
    };
    NetworkFaultStatus {
        observed_generation: fault.generation,
        conditions: conditions::of(&facts, &totals),
        state: facts.state(),
        faults: fault.spec.faults.words().join(", "),
        pods: format!("{armed}/{wanted}"),
        selected: if placed || verdict.selected > 0 {
            verdict.selected
        } else {
            before.selected
        },
        chosen: wanted,
        active: armed,
        failed,
        started_at: fault.started,
        ends_at: ends.filter(|_| fault.started.is_some()),
        seed: Some(fault.seed),
        draw: Some(fault.spec.draw),
        totals,
        preview: kept(previews(&facts.entries), &before.preview),
        messages: kept(messages(&facts), &before.messages),
        receipts: receipts(facts.entries),
    }
}

impl Facts<'_> {
    /// How many pods it is for: with mode All those that cannot be hit are among them.
    fn wanted(&self) -> u32 {
        let refused = match self.fault.spec.mode {
            Some(Mode::All) => self.verdict.refused.len(),
            _ => 0,
        };
        count(self.verdict.chosen.len() + refused)
    }

    fn count(&self, state: PodState) -> u32 {
        let of = self.entries.iter();
        count(of.filter(|entry| entry.receipt.state == state).count())
    }

    /// Whether its time is over.
    fn past_end(&self) -> bool {
        self.ends.is_some_and(|ends| ends <= self.now)
    }

    /// Whether some kernel may still hold it.
    fn is_held(&self) -> bool {
        self.entries.iter().any(|entry| entry.may_be_held)
    }

    /// Whether it ended by its time without ever having been in force, as far as is told.
    fn was_nowhere(&self) -> bool {
        let enforced = self.fault.spec.enforcement == Enforcement::Enforce;
        let untold = |entry: &Entry| {
            let state = entry.receipt.state;
            !entry.reported && matches!(state, PodState::Waiting | PodState::Refused)
        };
        let hit = self.fault.status.totals.first_hit.is_some();
        let by_time = self.verdict.reason == Reason::Expired;
        by_time && enforced && !hit && self.entries.iter().all(untold)
    }

    fn state(&self) -> FaultState {
        match self.verdict.outcome {
            Outcome::Refused => FaultState::Refused,
            Outcome::Over if self.is_held() => FaultState::Partial,
            Outcome::Over if self.verdict.reason == Reason::StartedTooLate => FaultState::Refused,
            Outcome::Over => FaultState::Ended,
            Outcome::Placed if self.count(PodState::Previewed) > 0 => FaultState::Preview,
            Outcome::Placed => match self.count(PodState::Armed) {
                _ if self.past_end() && self.is_held() => FaultState::Partial,
                _ if self.past_end() => FaultState::Ended,
                0 => FaultState::Pending,
                armed if armed >= self.wanted() => FaultState::Active,
                _ => FaultState::Partial,
            },
        }
    }
}

/// What is told now; what was told before where nothing is any more.
fn kept<T: Clone>(told: Vec<T>, before: &[T]) -> Vec<T> {
    if told.is_empty() {
        before.to_vec()
    } else {
        told
    }
}

/// The receipts that a status lists: where there are too many, first those with a problem.
fn receipts(mut entries: Vec<Entry>) -> Vec<PodReceipt> {
    let rank = |state: PodState| match state {
        PodState::Refused => 0,
        PodState::Waiting => 1,
        PodState::Armed | PodState::Previewed => 2,
        PodState::Ended => 3,
    };
    entries.sort_by_key(|entry| rank(entry.receipt.state));
    entries.truncate(MAX_RECEIPTS);
    let mut receipts: Vec<_> = entries.into_iter().map(|entry| entry.receipt).collect();
    receipts.sort_by(|one, other| (&one.pod, &one.uid).cmp(&(&other.pod, &other.uid)));
    receipts
}

fn previews(entries: &[Entry]) -> Vec<PodPreview> {
    let mut room = MAX_PREVIEW_TOTAL;
    let with = entries.iter().filter_map(|entry| {
        let preview = entry.preview.as_ref()?;
        let most = preview.connections.len().min(MAX_PREVIEW).min(room);
        room -= most;
        Some(PodPreview {
            pod: entry.receipt.pod.clone(),
            total: preview.total,
            connections: preview.connections[..most].to_vec(),
        })
    });
    with.take(MAX_RECEIPTS).collect()
}

fn messages(facts: &Facts) -> Vec<String> {
    let mut lines = facts.verdict.notes.clone();
    for entry in &facts.entries {
        let warnings = entry.warnings.iter();
        lines.extend(warnings.map(|warning| format!("{}: {warning}", entry.receipt.pod)));
    }
    if lines.len() > MAX_MESSAGES {
        let more = lines.len() - MAX_MESSAGES + 1;
        lines.truncate(MAX_MESSAGES - 1);
        lines.push(format!("and {more} more"));
    }
    lines.iter().map(|line| short(line)).collect()
}

/// A text of at most as many characters as a status takes.
fn short(text: &str) -> String {
    text.chars().take(MAX_MESSAGE).collect()
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
