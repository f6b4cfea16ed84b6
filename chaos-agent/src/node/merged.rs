//! One fault in several pods as one receipt, as those who ask on the node read it.

use chaos_api::{Receipt, RuleReceipt, State};

/// Pods that are named.
const NAMED: usize = 4;

/// The sum of the receipts of one fault; nothing where there are none.
pub(super) fn merged(mut receipts: Vec<Receipt>) -> Option<Receipt> {
    let target = targets(&receipts);
    if receipts.len() > 1 {
        receipts.iter_mut().for_each(own_warnings);
    }
    let merged = receipts.into_iter().reduce(plus)?;
    Some(Receipt { target, ..merged })
}

/// Says of each warning which pod it is about.
fn own_warnings(receipt: &mut Receipt) {
    for warning in &mut receipt.warnings {
        *warning = format!("{}: {warning}", receipt.target);
    }
}

fn targets(receipts: &[Receipt]) -> String {
    let named = receipts.iter().take(NAMED).map(|r| r.target.as_str());
    let list = named.collect::<Vec<_>>().join(", ");
    match receipts.len().saturating_sub(NAMED) {
        0 => list,
        more => format!("{list} and {more} more"),
    }
}

/// Active where one of both is; first and last times of both.
fn plus(one: Receipt, other: Receipt) -> Receipt {
    let first = |a: Option<_>, b: Option<_>| a.into_iter().chain(b).min();
    let last = |a: Option<_>, b: Option<_>| a.into_iter().chain(b).max();
    let over = one.state == State::Ended && other.state == State::Ended;
    let mut warnings = one.warnings;
    warnings.extend(other.warnings);
    Receipt {
        state: if over { State::Ended } else { State::Active },
        reason: one.reason.or(other.reason).filter(|_| over),
        started_at: first(one.started_at, other.started_at),
        ends_at: last(one.ends_at, other.ends_at),
        ended_at: last(one.ended_at, other.ended_at).filter(|_| over),
        traffic_matched: one.traffic_matched || other.traffic_matched,
        connections_reset: one.connections_reset + other.connections_reset,
        first_hit: first(one.first_hit, other.first_hit),
        last_hit: last(one.last_hit, other.last_hit),
        interrupted: one.interrupted.max(other.interrupted),
        rules: rules(one.rules, other.rules),
        seen: one.seen.into_iter().chain(other.seen).collect(),
        warnings,
        name: one.name,
        faults: one.faults,
        target: one.target,
        seed: one.seed,
    }
}

/// Rules that match the same traffic are one; their pods have their interfaces for themselves.
fn rules(mut one: Vec<RuleReceipt>, other: Vec<RuleReceipt>) -> Vec<RuleReceipt> {
    for rule in other {
        let same = |own: &&mut RuleReceipt| own.fault == rule.fault && own.traffic == rule.traffic;
        match one.iter_mut().find(same) {
            Some(own) => own.counters = own.counters.plus(rule.counters),
            None => one.push(rule),
        }
    }
    one
}

#[cfg(test)]
mod tests;
