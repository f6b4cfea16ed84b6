//! Which events are due: those that are told once in the life of a rule, and those told each time.

use std::collections::BTreeSet;

use chaos_abi::{Event, EventKind};

use super::expect::Expect;
use super::packet::Packet;

/// What has been told once, as slot and kind.
#[derive(Debug, Default)]
pub(crate) struct Told(BTreeSet<(u32, u32)>);

impl Told {
    /// The slot has a new rule.
    pub(crate) fn forget(&mut self, slot: u16) {
        self.0.retain(|(told, _)| *told != u32::from(slot));
    }

    /// Panics unless `events` are what `packet` is expected to tell.
    pub(crate) fn compare(
        &mut self,
        events: &[Event],
        packet: &Packet,
        expect: &Expect,
        what: &str,
    ) {
        let flow = packet.flow();
        let strange = events.iter().find(|event| event.flow != flow);
        assert_eq!(strange, None, "an event of another flow after: {what}");
        let told: Vec<_> = events.iter().map(|e| (e.slot, e.kind)).collect();
        assert_eq!(told, self.due(expect), "events (slot, kind) after: {what}");
    }

    fn due(&mut self, expect: &Expect) -> Vec<(u32, u32)> {
        let mut due = Vec::new();
        for slot in expect.expired_slots() {
            due.extend(self.once(slot, EventKind::Expired));
        }
        if let Some(slot) = expect.acting {
            due.extend(self.once(slot, EventKind::FirstHit));
            due.extend(expect.event().map(|kind| (u32::from(slot), kind as u32)));
        }
        due
    }

    /// The event, unless it was told before.
    fn once(&mut self, slot: u16, kind: EventKind) -> Option<(u32, u32)> {
        let event = (u32::from(slot), kind as u32);
        self.0.insert(event).then_some(event)
    }
}
