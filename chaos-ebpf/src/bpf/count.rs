//! Counters, per CPU.

use chaos_abi::{Counters, Direction, SeenKey};

use super::{
    maps::{COUNTERS, SEEN},
    skb::Skb,
};

/// Counts a packet by interface and direction.
#[inline(always)]
pub(super) fn seen(skb: &Skb, direction: Direction) {
    let key = SeenKey {
        ifindex: skb.ifindex(),
        direction: direction as u32,
    };
    if let Some(seen) = SEEN.get_ptr_mut(&key) {
        // SAFETY: a per-CPU value.
        let seen = unsafe { &mut *seen };
        seen.packets += 1;
        seen.bytes += u64::from(skb.len());
    }
}

/// This CPU's counters of a rule.
#[inline(always)]
pub(super) fn counters(slot: u32) -> Option<&'static mut Counters> {
    // SAFETY: a per-CPU value, which lives as long as the program.
    COUNTERS
        .get_ptr_mut(slot)
        .map(|counters| unsafe { &mut *counters })
}

/// Notes when a rule hit: the first time, and the latest.
#[inline(always)]
pub(super) fn hit(counters: &mut Counters, now: u64) {
    if counters.first == 0 {
        counters.first = now;
    }
    counters.last = now;
}
