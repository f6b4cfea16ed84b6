//! The conditions of a fault.

use std::collections::BTreeSet;

use chaos_api::{
    Condition, ConditionType, Enforcement, NetworkFaultStatus, PodState, Reason, Time, Totals,
};
use jiff::{SignedDuration, Timestamp};

use super::{Agent, Facts, entries::Entry, short};
use crate::Outcome;
use crate::text::listed;

/// How long a node may take to answer before that is called a problem.
pub(super) const PATIENCE: SignedDuration = SignedDuration::from_secs(10);

/// What one condition says.
struct Says {
    status: &'static str,
    reason: Reason,
    message: String,
}

/// All conditions, in their order. One that says what it said before keeps its time.
pub(super) fn of(facts: &Facts, totals: &Totals) -> Vec<Condition> {
    let said = ConditionType::ALL.map(|kind| {
        let says = match kind {
            ConditionType::Accepted => accepted(facts),
            ConditionType::Active => active(facts),
            ConditionType::TrafficMatched => matched(facts, totals),
            ConditionType::Degraded => degraded(facts),
            ConditionType::Succeeded => succeeded(facts),
        };
        condition(kind, &says, facts)
    });
    said.into()
}

fn condition(kind: ConditionType, says: &Says, facts: &Facts) -> Condition {
    let before: &NetworkFaultStatus = &facts.fault.status;
    let since = before.condition(kind).filter(|c| c.status == says.status);
    Condition {
        type_: kind.as_str().into(),
        status: says.status.into(),
        reason: says.reason.as_str().into(),
        message: short(&says.message),
        observed_generation: facts.fault.generation,
        last_transition_time: since
            .map_or_else(|| second(facts.now), |c| c.last_transition_time.clone()),
    }
}

/// A time as conditions have it: in whole seconds.
fn second(now: Timestamp) -> Time {
    Time(Timestamp::from_second(now.as_second()).unwrap_or(now))
}

fn accepted(facts: &Facts) -> Says {
    let verdict = facts.verdict;
    match verdict.outcome {
        Outcome::Placed => yes(Reason::Allowed, &verdict.message),
        Outcome::Over if facts.fault.started.is_some() => yes(Reason::Allowed, &verdict.message),
        Outcome::Refused | Outcome::Over => no(verdict.reason, &verdict.message),
    }
}

fn active(facts: &Facts) -> Says {
    let (verdict, wanted) = (facts.verdict, facts.wanted());
    if verdict.outcome != Outcome::Placed {
        return no(verdict.reason, &verdict.message);
    }
    if facts.past_end() {
        return no(Reason::Expired, "its time is over");
    }
    if facts.fault.spec.enforcement == Enforcement::Preview {
        return no(Reason::Preview, "it only shows what it would hit");
    }
    let armed = facts.count(PodState::Armed);
    let message = format!("in force in {armed} of {wanted} pods");
    match armed {
        0 if wanted == 0 => no(Reason::NoPods, "its pods have gone"),
        _ if armed >= wanted => yes(Reason::InForce, &message),
        _ if facts.count(PodState::Waiting) > 0 => no(Reason::Waiting, &message),
        0 => no(Reason::NotInForce, &message),
        _ => no(Reason::PartlyInForce, &message),
    }
}

fn matched(facts: &Facts, totals: &Totals) -> Says {
    let counters = totals.counters;
    if counters.matched > 0 || counters.idle_reset > 0 {
        let message = format!(
            "{} packets and {} idle connections met it",
            counters.matched, counters.idle_reset
        );
        return yes(Reason::Matched, &message);
    }
    let told = facts.entries.iter().any(|entry| entry.reported);
    let before = facts.fault.status.condition(ConditionType::TrafficMatched);
    if told || before.is_some_and(|condition| condition.status == "False") {
        return no(Reason::NoTraffic, "no traffic met it");
    }
    Says {
        status: "Unknown",
        reason: Reason::NoReport,
        message: "no pod has reported".into(),
    }
}

fn degraded(facts: &Facts) -> Says {
    let refused = facts.count(PodState::Refused);
    if refused > 0 {
        let message = format!("{refused} pods are not under it; their reasons are in receipts");
        return yes(Reason::PodsRefused, &message);
    }
    let away = away(facts);
    if !away.is_empty() && !facts.past_end() {
        return yes(Reason::AgentsNotReady, &away.join("; "));
    }
    let silent = silent(facts);
    if !silent.is_empty() {
        let message = format!("no answer from {}", listed(&silent));
        return yes(Reason::NodesSilent, &message);
    }
    if facts.entries.iter().any(|entry| !entry.warnings.is_empty()) {
        return yes(
            Reason::SeeMessages,
            "something was not as planned; see messages",
        );
    }
    let before = facts.fault.status.condition(ConditionType::Degraded);
    let lasting = before.filter(|c| c.status == "True" && facts.verdict.outcome == Outcome::Over);
    if let Some(before) = lasting {
        let reason = Reason::from_word(&before.reason).unwrap_or(Reason::SeeMessages);
        return yes(reason, &before.message);
    }
    no(Reason::AsPlanned, "")
}

/// What is to be said of the nodes whose agents are not there to keep it in force.
fn away(facts: &Facts) -> Vec<String> {
    let stands = |state| matches!(state, PodState::Armed | PodState::Waiting);
    let words = [
        (Agent::Gone, "does not run, so nothing is in force there"),
        (
            Agent::NotReady,
            "is not ready, so what it said last may be old",
        ),
    ];
    let lines = words.into_iter().filter_map(|(agent, words)| {
        let nodes = nodes(facts, |e| e.agent == agent && stands(e.receipt.state));
        (!nodes.is_empty()).then(|| format!("the agent on {} {words}", listed(&nodes)))
    });
    lines.collect()
}

/// The nodes whose answer is overdue.
fn silent<'a>(facts: &'a Facts) -> Vec<&'a str> {
    let overdue = |entry: &Entry| {
        let asked = entry.asked.or(facts.fault.started);
        asked.is_some_and(|asked| facts.now.duration_since(asked) >= PATIENCE)
    };
    nodes(facts, |entry| {
        entry.receipt.state == PodState::Waiting && overdue(entry)
    })
}

/// The nodes of some pods, each once.
fn nodes<'a>(facts: &'a Facts, of: impl Fn(&Entry) -> bool) -> Vec<&'a str> {
    let some = facts.entries.iter().filter(|entry| of(entry));
    let nodes: BTreeSet<_> = some.map(|entry| entry.receipt.node.as_str()).collect();
    nodes.into_iter().collect()
}

fn succeeded(facts: &Facts) -> Says {
    let verdict = facts.verdict;
    match verdict.outcome {
        Outcome::Over if facts.fault.started.is_none() => no(verdict.reason, &verdict.message),
        Outcome::Over if facts.is_held() => {
            no(Reason::Waiting, "some nodes have not confirmed its end")
        }
        Outcome::Over if facts.was_nowhere() => {
            let words = "its time is over, and no pod was told to be under it";
            no(Reason::NotInForce, words)
        }
        Outcome::Over => yes(verdict.reason, &verdict.message),
        Outcome::Placed | Outcome::Refused => no(Reason::Running, ""),
    }
}

fn yes(reason: Reason, message: &str) -> Says {
    Says {
        status: "True",
        reason,
        message: message.into(),
    }
}

fn no(reason: Reason, message: &str) -> Says {
    Says {
        status: "False",
        reason,
        message: message.into(),
    }
}
