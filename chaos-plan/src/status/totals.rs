//! What a fault hit in all its pods.

use chaos_api::{PodState, RuleCounters, Totals};

use super::{count, entries::Entry};

/// The sums over all pods. They never fall: a pod that was too many to list and has gone is in
/// `before` alone.
pub(super) fn of(entries: &[Entry], before: &Totals) -> Totals {
    let hit = entries.iter().map(|entry| &entry.receipt);
    let hit = hit.filter(|receipt| receipt.state != PodState::Refused);
    let receipts: Vec<_> = hit.collect();
    let counters = receipts.iter().map(|receipt| receipt.counters);
    let counters = counters.fold(RuleCounters::default(), RuleCounters::plus);
    let reset: u64 = receipts
        .iter()
        .map(|receipt| receipt.connections_reset)
        .sum();
    let first = receipts.iter().filter_map(|receipt| receipt.first_hit);
    let last = receipts.iter().filter_map(|receipt| receipt.last_hit);
    Totals {
        pods: count(receipts.len()).max(before.pods),
        counters: counters.most(before.counters),
        connections_reset: reset.max(before.connections_reset),
        first_hit: first.chain(before.first_hit).min(),
        last_hit: last.chain(before.last_hit).max(),
    }
}
