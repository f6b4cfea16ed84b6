//! What a line did, in packets of the wire where nothing else is said.

use std::collections::BTreeMap;

use chaos_abi::{LineHeader, NO_RULE};

/// What one rule did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Frames that came.
    pub came: u64,
    /// Whose fate was drawn.
    pub drawn: u64,
    /// Held back.
    pub delayed: u64,
    /// Sent on at the rule's rate.
    pub shaped: u64,
    /// Dropped.
    pub lost: u64,
    /// Sent twice.
    pub duplicated: u64,
    /// Had a bit flipped.
    pub corrupted: u64,
    /// Not delayed, ahead of others.
    pub reordered: u64,
    /// Pieces of frames that found the queue of its rate full.
    pub queue_full: u64,
    /// Frames that found the line's memory full.
    pub memory_full: u64,
    /// Frames that were sent on before they were due, since the rule ended.
    pub flushed: u64,
}

/// What all of the line did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineTally {
    /// Frames that came.
    pub taken: u64,
    /// Frames that went.
    pub sent: u64,
    /// Frames that the kernel refused to take back, or that would have gone one way too many.
    pub refused: u64,
    /// Frames that are held now.
    pub held: u64,
    /// Bytes of memory that they take.
    pub held_bytes: u64,
    /// The most bytes that they took.
    pub most_bytes: u64,
    /// How often the thread gave up its real-time priority because it took too much of a core.
    pub demoted: u64,
}

/// The tallies of the rules.
#[derive(Clone, Debug, Default)]
pub(super) struct Tallies(pub(super) BTreeMap<u16, Tally>);

impl Tallies {
    /// Counts for each rule of a frame.
    pub(super) fn count(&mut self, header: &LineHeader, one: impl Fn(&mut Tally)) {
        let rules = header.rules.iter().filter(|rule| **rule != NO_RULE);
        rules.for_each(|rule| one(self.of(*rule)));
    }

    pub(super) fn of(&mut self, rule: u16) -> &mut Tally {
        self.0.entry(rule).or_default()
    }
}
