//! All that the programs counted, compared after each packet.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use chaos_abi::{Counters, Direction, Seen};
use chaos_agent::dataplane::Dataplane;
use chaos_plan::total;

use super::expect::Expect;
use super::namespace::LOOPBACK;

const WAYS: [Direction; 2] = [Direction::Ingress, Direction::Egress];

/// The counters of every slot that ever had a rule, and what was seen in each direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ledger {
    pub(crate) slots: BTreeMap<u16, Counters>,
    pub(crate) seen: [Seen; 2],
}

impl Ledger {
    /// Reads those of some slots.
    pub(crate) fn read(dataplane: &Dataplane, slots: impl IntoIterator<Item = u16>) -> Self {
        let counters = |slot| total(&dataplane.counters(slot).expect("the kernel counts"));
        let slots = slots.into_iter().map(|slot| (slot, counters(slot)));
        let seen = |way| dataplane.seen(LOOPBACK, way).expect("the kernel counts");
        Self {
            slots: slots.collect(),
            seen: WAYS.map(seen),
        }
    }

    /// Reads the same ones again.
    pub(crate) fn again(&self, dataplane: &Dataplane) -> Self {
        Self::read(dataplane, self.slots.keys().copied())
    }

    /// A slot that has a rule.
    pub(crate) fn slot(&mut self, slot: u16) -> &mut Counters {
        self.slots.get_mut(&slot).expect("a rule was in the slot")
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
            let (held, found) = (self.slot(*slot), &found.slots[slot]);
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
        for (slot, held) in &self.slots {
            let found = &found.slots[slot];
            assert_eq!(found, held, "counters of slot {slot} after: {what}");
            let fates = held.undrawn + held.outranked + held.dropped + held.reset + held.refused;
            let fates = fates + held.let_through + held.failed + held.diverted + held.bypassed;
            assert_eq!(held.matched, fates, "fates of slot {slot} after: {what}");
        }
        assert_eq!(found.seen, self.seen, "packets seen after: {what}");
    }
}
