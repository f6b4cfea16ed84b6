//! Receipts as one: those of one fault in several pods, as those who ask on the node read it, and
//! those of one pod in which it was brought into force again.

use chaos_api::{Receipt, RuleReceipt, Span, State};

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

/// What a fault did in one pod, before and since it was brought into force again there.
pub(super) fn continued(before: Receipt, since: Receipt) -> Receipt {
    let (state, reason, ended_at) = (since.state, since.reason, since.ended_at);
    let (ends_at, seen, warnings) = (since.ends_at, since.seen.clone(), since.warnings.clone());
    let interrupted = before.interrupted.as_nanos() + since.interrupted.as_nanos();
    Receipt {
        state,
        reason,
        ends_at,
        ended_at,
        interrupted: Span::from_nanos(interrupted),
        seen,
        warnings,
        ..plus(before, since)
    }
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
        draw: one.draw,
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
