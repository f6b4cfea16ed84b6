//! All that the programs counted, compared after each packet.

use std::ops::RangeInclusive;

use chaos_abi::{Counters, Direction, MAX_RULES, Seen};
use chaos_agent::dataplane::Dataplane;
use chaos_plan::total;

use super::expect::Expect;
use super::namespace::LOOPBACK;

const WAYS: [Direction; 2] = [Direction::Ingress, Direction::Egress];

/// The counters of every slot, and what was seen in each direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ledger {
    pub(crate) slots: Vec<Counters>,
    pub(crate) seen: [Seen; 2],
}

impl Ledger {
    /// Reads all of them.
    pub(crate) fn read(dataplane: &Dataplane) -> Self {
        let slots = 0..u8::try_from(MAX_RULES).expect("the slots fit a u8");
        let counted = slots.map(|slot| dataplane.counters(slot).expect("the kernel counts"));
        let seen = |way| dataplane.seen(LOOPBACK, way).expect("the kernel counts");
        Self {
            slots: counted.map(|cpus| total(&cpus)).collect(),
            seen: WAYS.map(seen),
        }
    }

    /// Books one packet of `bytes` bytes that a hook met within `times`; `found` is what the kernel
    /// says, of which only the times of hits are taken over.
    pub(crate) fn book(
        &mut self,
        way: Direction,
        bytes: usize,
        expect: &Expect,
        times: &RangeInclusive<u64>,
        found: &Self,
    ) {
        let bytes = bytes as u64;
        let seen = &mut self.seen[way as usize];
        seen.packets += 1;
        seen.bytes += bytes;
        for (slot, moved) in &expect.moved {
            let (held, found) = (
                &mut self.slots[usize::from(*slot)],
                &found.slots[usize::from(*slot)],
            );
            *held = total(&[*held, *moved]);
            held.matched_bytes += moved.matched * bytes;
            if moved.matched > moved.undrawn {
                if held.first == 0 && times.contains(&found.first) {
                    held.first = found.first;
                }
                if times.contains(&found.last) {
                    held.last = found.last;
                }
            }
        }
    }

    /// Panics with what differs from `found`.
    pub(crate) fn compare(&self, found: &Self, what: &str) {
        for (slot, (held, found)) in self.slots.iter().zip(&found.slots).enumerate() {
            assert_eq!(found, held, "counters of slot {slot} after: {what}");
            let fates = held.undrawn + held.outranked + held.dropped + held.reset + held.refused;
            let fates = fates + held.let_through + held.failed;
            assert_eq!(held.matched, fates, "fates of slot {slot} after: {what}");
        }
        assert_eq!(found.seen, self.seen, "packets seen after: {what}");
    }
}
