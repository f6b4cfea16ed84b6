//! Faults and their receipts as people read them.

mod preview;

use chaos_api::{
    ConditionType, Enforcement, FaultState, NetworkFault, NetworkFaultStatus, PodReceipt, PodState,
    RuleCounters,
};
use jiff::Timestamp;

pub(super) use preview::print_preview;

use super::{
    create::named,
    stand::{Stand, place, stand, why},
};
use crate::{
    args::Output,
    output::{self, moment},
    table::table,
    words::seed,
};

/// Prints a fault.
pub(super) fn print(form: Output, fault: &NetworkFault) -> anyhow::Result<()> {
    let mut fault = fault.clone();
    tidy(&mut fault);
    output::print(form.format, &fault, |wide| receipt(&fault, wide))
}

/// Drops what only the API server's book-keeping needs.
pub(super) fn tidy(fault: &mut NetworkFault) {
    fault.metadata.managed_fields = None;
}

/// The line that says that a fault is in force.
pub(super) fn in_force(fault: &NetworkFault) -> String {
    let status = status(fault);
    let until = moment(status.ends_at);
    let (name, faults) = (named(fault), fault.spec.faults.words().join(", "));
    format!(
        "in force: {name} ({faults}) in {} until {until}",
        of_pods(&status)
    )
}

/// Faults, a row each.
pub(super) fn list(faults: &[NetworkFault], all: bool, wide: bool) -> String {
    let rows = faults.iter().map(|fault| {
        let (status, name) = (status(fault), named(fault));
        let name = if all { name.to_string() } else { name.name };
        [
            name,
            fault.spec.faults.words().join(", "),
            fault
                .spec
                .mode
                .map_or("", chaos_api::Mode::as_str)
                .to_owned(),
            state(&status).to_owned(),
            status.pods.clone(),
            status.totals.counters.matched.to_string(),
            status.totals.connections_reset.to_string(),
            status
                .ends_at
                .map_or_else(|| "-".into(), |end| moment(Some(end))),
        ]
    });
    let head = [
        "NAME", "FAULTS", "MODE", "STATE", "PODS", "MATCHED", "RESET", "ENDS",
    ];
    let rows = table(head, rows);
    if !wide {
        return rows;
    }
    let seeds = faults.iter().filter_map(|fault| {
        let status = status(fault);
        let seed = seed(status.seed?, status.draw.unwrap_or_default());
        Some(format!("{}: {seed}", named(fault)))
    });
    format!("{rows}\n{}", seeds.collect::<Vec<_>>().join("\n"))
}

/// A fault's receipt; wide with every counter of every pod.
pub(super) fn receipt(fault: &NetworkFault, wide: bool) -> String {
    let status = status(fault);
    let mut lines = vec![head(fault, &status), life(fault, &status)];
    if status.started_at.is_some() && fault.spec.enforcement != Enforcement::Preview {
        lines.push(hit(&status));
    }
    if !status.receipts.is_empty() {
        lines.push(pods(&status.receipts, wide));
    }
    lines.extend(status.messages.iter().map(|line| format!("note: {line}")));
    lines.join("\n")
}

/// What it hit, or that it has hit nothing.
fn hit(status: &NetworkFaultStatus) -> String {
    let (totals, counters) = (&status.totals, status.totals.counters);
    if counters.matched + counters.idle_reset == 0 {
        let so_far = if status.active > 0 { " so far" } else { "" };
        return format!("no traffic matched{so_far}");
    }
    let packets = counted_as((counters.matched, "packet"));
    let connections = counted_as((totals.connections_reset, "connection"));
    format!("{packets} matched, {connections} reset or refused")
}

/// The pods whose kernel may still hold a fault, a line each.
pub(super) fn held(status: &NetworkFaultStatus) -> Vec<String> {
    let held = status
        .receipts
        .iter()
        .filter(|pod| pod.state == PodState::Armed);
    held.map(|pod| format!("{}: still in force", place(pod)))
        .collect()
}

fn status(fault: &NetworkFault) -> NetworkFaultStatus {
    fault.status.clone().unwrap_or_default()
}

fn head(fault: &NetworkFault, status: &NetworkFaultStatus) -> String {
    let faults = fault.spec.faults.words().join(", ");
    let seed = status
        .seed
        .map(|number| seed(number, status.draw.unwrap_or_default()))
        .map(|seed| format!(", {seed}"))
        .unwrap_or_default();
    format!("{} ({faults}){seed}", named(fault))
}

fn life(fault: &NetworkFault, status: &NetworkFaultStatus) -> String {
    let (start, end) = (status.started_at, status.ends_at);
    match stand(fault) {
        Stand::Refused { why, .. } => format!("refused: {why}"),
        Stand::Over(why) => match start {
            Some(_) => format!(
                "in force from {} to {}: {why}",
                moment(start),
                ended(status)
            ),
            None => format!("never in force: {why}"),
        },
        _ if start.is_none() => "not in force yet".into(),
        _ => {
            let pods = of_pods(status);
            format!(
                "in force in {pods} since {} until {}",
                moment(start),
                moment(end)
            )
        }
    }
}

/// A number of things.
fn counted_as((count, word): (u64, &str)) -> String {
    let end = if count == 1 { "" } else { "s" };
    format!("{count} {word}{end}")
}

/// In how many pods, of those it is for.
fn of_pods(status: &NetworkFaultStatus) -> String {
    format!("{} of {} pods", status.active, status.chosen)
}

/// When it ended, as the condition that says so has it.
fn ended(status: &NetworkFaultStatus) -> String {
    let succeeded = status.condition(ConditionType::Succeeded);
    moment(succeeded.map(|condition| condition.last_transition_time.0))
}

fn pods(receipts: &[PodReceipt], wide: bool) -> String {
    let rows = receipts.iter().map(|pod| {
        [
            pod.pod.clone(),
            pod.node.clone(),
            pod_state(pod.state).to_owned(),
            counted(pod, wide),
            why(pod),
        ]
    });
    table(["POD", "NODE", "STATE", "COUNTED", "WHY"], rows)
}

/// The counters of a pod; wide all of them, with the times of the first and the last hit.
fn counted(pod: &PodReceipt, wide: bool) -> String {
    let mut parts: Vec<String> = if wide {
        named_counters(&pod.counters)
    } else {
        vec![format!("matched {}", pod.counters.matched)]
    };
    if wide || pod.connections_reset > 0 {
        parts.push(format!("connections reset {}", pod.connections_reset));
    }
    if !pod.interrupted.is_zero() {
        parts.push(format!("interrupted {}", pod.interrupted));
    }
    if wide && pod.first_hit.is_some() {
        let time = |time: Option<Timestamp>| moment(time);
        parts.push(format!(
            "hit from {} to {}",
            time(pod.first_hit),
            time(pod.last_hit)
        ));
    }
    parts.join(", ")
}

fn named_counters(counters: &RuleCounters) -> Vec<String> {
    let all = counters.named().into_iter();
    all.map(|(name, count)| format!("{name} {count}")).collect()
}

fn pod_state(state: PodState) -> &'static str {
    match state {
        PodState::Waiting => "Waiting",
        PodState::Armed => "Armed",
        PodState::Previewed => "Previewed",
        PodState::Refused => "Refused",
        PodState::Ended => "Ended",
    }
}

fn state(status: &NetworkFaultStatus) -> &'static str {
    match status.state {
        FaultState::Pending => "Pending",
        FaultState::Active => "Active",
        FaultState::Partial => "Partial",
        FaultState::Preview => "Preview",
        FaultState::Refused => "Refused",
        FaultState::Ended => "Ended",
    }
}
