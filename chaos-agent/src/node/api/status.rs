//! The status of a `NodeReport`: the executor's account, and whether this node can act.

use chaos_api::{Condition, ENCODING, MAX_BODY, MAX_MESSAGE, NodeReportStatus, READY, Time};
use chaos_plan::{Report, ReportState};
use jiff::Timestamp;

use crate::node::{executor::Account, health::Problem};

/// The status, at `now`. A condition that says what it said `before` keeps its time.
pub(super) fn status(
    account: &Account,
    problem: Option<Problem>,
    before: Option<&Condition>,
    now: Timestamp,
) -> NodeReportStatus {
    let id = &account.acknowledged;
    NodeReportStatus {
        epoch: id.epoch,
        sequence: id.sequence,
        hash: id.hash.clone(),
        encodings: vec![ENCODING.into()],
        agent_version: env!("CARGO_PKG_VERSION").into(),
        conditions: vec![ready(account, problem, before, now)],
        report: fitting(&account.report, MAX_BODY),
    }
}

fn ready(
    account: &Account,
    problem: Option<Problem>,
    before: Option<&Condition>,
    now: Timestamp,
) -> Condition {
    let (status, reason, message) = match problem {
        _ if account.leaving => (
            "False",
            "Leaving".into(),
            "the agent was told to end".into(),
        ),
        Some(problem) => ("False", problem.reason, problem.message),
        None => ("True", "Able".into(), String::new()),
    };
    let since = before.filter(|before| before.status == status);
    let second = Timestamp::from_second(now.as_second()).unwrap_or(now);
    Condition {
        type_: READY.into(),
        status: status.into(),
        reason,
        message: message.chars().take(MAX_MESSAGE).collect(),
        observed_generation: None,
        last_transition_time: since.map_or(Time(second), |c| c.last_transition_time.clone()),
    }
}

/// The report as text of at most `most` characters: where everything is too much, lists of
/// connections go first, then the receipts of faults that have ended, then all receipts, then the
/// accounts of what has ended.
fn fitting(report: &Report, most: usize) -> String {
    let text = report.to_text();
    if text.len() <= most {
        return text;
    }
    let mut report = report.clone();
    let steps: [fn(&mut Report); 4] = [no_connections, no_ended_receipts, no_receipts, no_ended];
    for step in steps {
        step(&mut report);
        let text = report.to_text();
        if text.len() <= most {
            tracing::warn!(
                "the report is too long and was cut to {} characters",
                text.len()
            );
            return text;
        }
    }
    tracing::error!("the report is too long: nothing is told");
    String::new()
}

fn no_connections(report: &mut Report) {
    let previews = report
        .pods
        .iter_mut()
        .filter_map(|pod| pod.preview.as_mut());
    previews.for_each(|preview| preview.connections.clear());
}

fn no_ended_receipts(report: &mut Report) {
    let pods = report.pods.iter_mut();
    let ended = pods.filter(|pod| matches!(pod.state, ReportState::Ended { .. }));
    ended.for_each(|pod| pod.receipt = None);
}

fn no_receipts(report: &mut Report) {
    report.pods.iter_mut().for_each(|pod| pod.receipt = None);
}

fn no_ended(report: &mut Report) {
    let over = |state: &ReportState| matches!(state, ReportState::Ended { .. });
    report.pods.retain(|pod| !over(&pod.state));
}

#[cfg(test)]
mod tests;
