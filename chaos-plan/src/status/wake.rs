//! When a verdict or a status changes by time alone.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Answer, conditions::PATIENCE, last_word};
use crate::{FaultView, Outcome, Verdict};

/// The next time after `now` at which the fault must be looked at again though nothing else has
/// changed: its end, the last moment for its nodes' accounts, the end of the time in which it may
/// start, a node's answer being overdue.
pub fn next_change(
    fault: &FaultView,
    verdict: &Verdict,
    answers: &BTreeMap<String, Answer>,
    now: Timestamp,
) -> Option<Timestamp> {
    let patience = |asked: Timestamp| asked.saturating_add(PATIENCE).ok();
    let nodes = verdict.chosen.iter().filter_map(|pod| {
        let asked = answers.get(&pod.node).and_then(|answer| answer.asked);
        asked.and_then(patience)
    });
    let own = match verdict.outcome {
        _ if fault.started.is_some() => {
            let ends = verdict.ends.or(fault.status.ends_at);
            [ends, ends.map(last_word), fault.started.and_then(patience)]
        }
        Outcome::Placed => [verdict.ends, None, None],
        Outcome::Refused => [fault.latest_start().map(just_after), None, None],
        Outcome::Over => [None; 3],
    };
    let times = own.into_iter().flatten().chain(nodes);
    times.filter(|time| *time > now).min()
}

/// The last moment in which a fault may start is one in which it may.
fn just_after(time: Timestamp) -> Timestamp {
    let next = time.saturating_add(std::time::Duration::from_millis(1));
    next.unwrap_or(Timestamp::MAX)
}
