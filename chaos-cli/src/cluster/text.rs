//! Faults and their receipts as people read them.

use chaos_api::{
    ConditionType, FaultState, NetworkFault, NetworkFaultStatus, PodPreview, PodReceipt, PodState,
    RuleCounters,
};
use jiff::Timestamp;

use super::{
    create::named,
    stand::{Stand, place, stand, why},
};
use crate::{
    args::Output,
    output::{self, moment},
    table::table,
};

/// Prints a fault.
pub(super) fn print(form: Output, fault: &NetworkFault) -> anyhow::Result<()> {
    let mut fault = fault.clone();
    tidy(&mut fault);
    output::print(form.format, &fault, |wide| receipt(&fault, wide))
}

/// Prints what a preview has found.
pub(super) fn print_preview(form: Output, fault: &NetworkFault) -> anyhow::Result<()> {
    let mut fault = fault.clone();
    tidy(&mut fault);
    output::print(form.format, &fault, |_| preview(&fault))?;
    if !form.quiet {
        let status = status(&fault);
        let total: u64 = status.preview.iter().map(|pod| pod.total).sum();
        let total = usize::try_from(total).unwrap_or(usize::MAX);
        let pods = status
            .receipts
            .iter()
            .filter(|pod| pod.state == PodState::Previewed)
            .count();
        let [total, pods] = [(total, "live connection"), (pods, "pod")].map(counted_as);
        eprintln!("{total} of {pods} match; nothing was changed");
    }
    Ok(())
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
        let seed = status(fault).seed?;
        Some(format!("{}: seed {seed}", named(fault)))
    });
    format!("{rows}\n{}", seeds.collect::<Vec<_>>().join("\n"))
}

/// A fault's receipt; wide with every counter of every pod.
pub(super) fn receipt(fault: &NetworkFault, wide: bool) -> String {
    let status = status(fault);
    let mut lines = vec![head(fault, &status), life(fault, &status)];
    let totals = &status.totals;
    if status.started_at.is_some() {
        lines.push(match totals.counters {
            counters if counters.matched + counters.idle_reset == 0 => "no traffic matched".into(),
            counters => format!(
                "{} packets matched, {} connections reset or refused",
                counters.matched, totals.connections_reset
            ),
        });
    }
    if !status.receipts.is_empty() {
        lines.push(pods(&status.receipts, wide));
    }
    lines.extend(status.messages.iter().map(|line| format!("note: {line}")));
    lines.join("\n")
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
        .map(|seed| format!(", seed {seed}"))
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
fn counted_as((count, word): (usize, &str)) -> String {
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

fn preview(fault: &NetworkFault) -> String {
    let status = status(fault);
    let of = |name: &str| status.preview.iter().find(|pod| pod.pod == name);
    let rows = status
        .receipts
        .iter()
        .flat_map(|pod| match (pod.state, of(&pod.pod)) {
            (PodState::Previewed, Some(preview)) => connections(pod, preview),
            (PodState::Previewed, None) => vec![row(pod, "none")],
            (PodState::Refused, _) => vec![row(pod, &why(pod))],
            _ => vec![row(pod, "not looked at")],
        });
    table(["POD", "NODE", "PROTO", "STATE", "LOCAL", "PEER"], rows)
}

/// The connections of one pod, a row each.
fn connections(pod: &PodReceipt, preview: &PodPreview) -> Vec<[String; 6]> {
    let mut rows: Vec<_> = preview
        .connections
        .iter()
        .map(|flow| {
            [
                pod.pod.clone(),
                pod.node.clone(),
                flow.protocol.to_string(),
                flow.state.clone(),
                flow.local.to_string(),
                flow.peer.to_string(),
            ]
        })
        .collect();
    let listed = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    if preview.total == 0 {
        rows.push(row(pod, "none"));
    } else if preview.total > listed {
        rows.push(row(pod, &format!("and {} more", preview.total - listed)));
    }
    rows
}

fn row(pod: &PodReceipt, words: &str) -> [String; 6] {
    let empty = String::new;
    [
        pod.pod.clone(),
        pod.node.clone(),
        empty(),
        words.into(),
        empty(),
        empty(),
    ]
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
