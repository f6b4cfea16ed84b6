//! Receipts and lists as people read them.

use std::io::stderr;

use chaos_api::{EndReason, Receipt, RuleCounters, RuleReceipt, State};
use tracing_subscriber::filter::LevelFilter;

use crate::{
    args::Output,
    output::{self, moment},
    table::table,
    words::seed,
};

/// Prints a receipt.
pub(super) fn print(form: Output, one: &Receipt) -> anyhow::Result<()> {
    output::print(form.format, one, |wide| receipt(one, wide))
}

/// The line that says that a fault is in force.
pub(super) fn in_force(receipt: &Receipt) -> String {
    let mut line = format!(
        "in force: {} ({}) on {}",
        receipt.name,
        receipt.faults.join(", "),
        receipt.target
    );
    if receipt.ends_at.is_some() {
        line = format!("{line} until {}", moment(receipt.ends_at));
    }
    if receipt.connections_reset > 0 {
        line = format!("{line}; {} connections reset", receipt.connections_reset);
    }
    line
}

/// Faults, a row each.
pub(super) fn list(receipts: &[Receipt], wide: bool) -> String {
    if receipts.is_empty() {
        return "no faults in force".into();
    }
    let rows = receipts.iter().map(|receipt| {
        [
            receipt.name.clone(),
            receipt.faults.join(", "),
            receipt.target.clone(),
            matched(receipt).to_string(),
            receipt.connections_reset.to_string(),
            moment(receipt.ends_at),
        ]
    });
    let rows = table(
        ["NAME", "FAULTS", "TARGET", "MATCHED", "RESET", "ENDS"],
        rows,
    );
    if !wide {
        return rows;
    }
    let seeds = receipts
        .iter()
        .map(|r| format!("{}: {}", r.name, seed(r.seed, r.draw)));
    format!("{rows}\n{}", seeds.collect::<Vec<_>>().join("\n"))
}

/// A receipt; wide with every counter and what the hooks saw.
pub(super) fn receipt(receipt: &Receipt, wide: bool) -> String {
    let mut lines = vec![head(receipt), life(receipt)];
    lines.push(if receipt.traffic_matched {
        format!(
            "{} packets matched, {} connections reset or refused",
            matched(receipt),
            receipt.connections_reset
        )
    } else {
        "no traffic matched".into()
    });
    let spared = counted(receipt, |counters| counters.spared);
    if spared > 0 {
        lines.push(format!(
            "{spared} packets passed because the fault spares them"
        ));
    }
    if !receipt.interrupted.is_zero() {
        lines.push(format!(
            "interrupted for {}: the holder was stopped",
            receipt.interrupted
        ));
    }
    lines.push(rules(&receipt.rules, wide));
    if wide {
        lines.push(seen(receipt));
    }
    lines.extend(
        receipt
            .warnings
            .iter()
            .map(|warning| format!("warning: {warning}")),
    );
    lines.join("\n")
}

fn head(receipt: &Receipt) -> String {
    format!(
        "{} ({}) on {}, {}",
        receipt.name,
        receipt.faults.join(", "),
        receipt.target,
        seed(receipt.seed, receipt.draw)
    )
}

fn life(receipt: &Receipt) -> String {
    let started = moment(receipt.started_at);
    match receipt.state {
        State::Active => format!("in force since {started} until {}", moment(receipt.ends_at)),
        State::Ended => {
            let reason = receipt.reason.map_or("over", EndReason::as_str);
            let ended = moment(receipt.ended_at);
            format!(
                "in force from {started} to {ended}{}: {reason}",
                length(receipt)
            )
        }
    }
}

/// How long a fault that has ended was in force, in brackets.
fn length(receipt: &Receipt) -> String {
    let (Some(started), Some(ended)) = (receipt.started_at, receipt.ended_at) else {
        return String::new();
    };
    let length = ended.duration_since(started);
    format!(" ({:.1} s)", length.as_secs_f64())
}

fn rules(rules: &[RuleReceipt], wide: bool) -> String {
    let rows = rules.iter().map(|rule| {
        let counters = rule.counters.named();
        let counters = counters.into_iter().filter(|(_, count)| wide || *count > 0);
        let counters: Vec<_> = counters
            .map(|(name, count)| format!("{name} {count}"))
            .collect();
        [
            rule.fault.to_string(),
            rule.traffic.clone(),
            counters.join(", "),
        ]
    });
    table(["RULE", "TRAFFIC", "COUNTED"], rows)
}

fn seen(receipt: &Receipt) -> String {
    let rows = receipt.seen.iter().map(|seen| {
        [
            seen.interface.clone(),
            seen.direction.to_string(),
            seen.packets.to_string(),
            seen.bytes.to_string(),
        ]
    });
    table(["INTERFACE", "DIRECTION", "PACKETS", "BYTES"], rows)
}

fn matched(receipt: &Receipt) -> u64 {
    counted(receipt, |counters| counters.matched)
}

fn counted(receipt: &Receipt, which: fn(&RuleCounters) -> u64) -> u64 {
    receipt.rules.iter().map(|rule| which(&rule.counters)).sum()
}

/// Sends warnings, and with `verdicts` also what the kernel programs log, to stderr.
pub(super) fn trace_to_stderr(verdicts: bool) {
    let level = if verdicts {
        LevelFilter::INFO
    } else {
        LevelFilter::WARN
    };
    let subscriber = tracing_subscriber::fmt()
        .with_writer(stderr)
        .with_max_level(level);
    // A second call finds the first one's subscriber, which serves as well.
    let _ = subscriber.without_time().with_target(false).try_init();
}
