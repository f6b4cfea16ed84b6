//! What is held, in the order in which it is due; among equals in the order in which it came.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use chaos_abi::LINE_RULES;

use super::hold::{Hold, due};
use super::rules::LineRules;
use super::wire::Frame;

/// What one held frame takes beyond its bytes.
const OVERHEAD: usize = size_of::<Held>();

/// A frame that is held.
#[derive(Debug)]
pub(super) struct Held {
    /// Boot-clock nanoseconds.
    pub(super) due: u64,
    /// Which one it is of all that were held.
    number: u64,
    /// Boot-clock nanoseconds at which the hook met it.
    at: u64,
    holds: [Hold; LINE_RULES],
    /// Where it goes.
    pub(super) ticket: u16,
    /// What goes.
    pub(super) frame: Frame,
}

/// The queue.
#[derive(Debug)]
pub(super) struct Queue {
    heap: BinaryHeap<Reverse<Held>>,
    next: u64,
    /// Bytes that it takes.
    pub(super) bytes: usize,
    limit: usize,
}

impl Queue {
    /// A queue of at most that many bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            heap: BinaryHeap::new(),
            next: 0,
            bytes: 0,
            limit,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether a frame is held that goes where a ticket says.
    pub(super) fn holds_for(&self, ticket: u16) -> bool {
        self.heap.iter().any(|Reverse(held)| held.ticket == ticket)
    }

    /// Whether a frame of that many bytes has room.
    pub(super) fn has_room(&self, bytes: usize) -> bool {
        self.bytes + bytes + OVERHEAD <= self.limit
    }

    /// Holds a frame.
    pub(super) fn hold(&mut self, at: u64, holds: [Hold; LINE_RULES], ticket: u16, frame: Frame) {
        self.bytes += frame.bytes.len() + OVERHEAD;
        self.next += 1;
        self.heap.push(Reverse(Held {
            due: due(at, &holds),
            number: self.next,
            at,
            holds,
            ticket,
            frame,
        }));
    }

    /// When the next one is due.
    pub(super) fn next_due(&self) -> Option<u64> {
        self.heap.peek().map(|Reverse(held)| held.due)
    }

    /// The next one, where it is due.
    pub(super) fn take(&mut self, now: u64) -> Option<Held> {
        if self.next_due()? > now {
            return None;
        }
        let Reverse(held) = self.heap.pop()?;
        self.bytes -= held.frame.bytes.len() + OVERHEAD;
        Some(held)
    }

    /// Lets other rules hold what is held, and calls `freed` with the rule of each hold that ends.
    pub(super) fn renew(&mut self, rules: &LineRules, mut freed: impl FnMut(u16)) {
        let mut all = std::mem::take(&mut self.heap).into_vec();
        for Reverse(held) in &mut all {
            for hold in &mut held.holds {
                let before = *hold;
                hold.renew(rules);
                if before.adds() > 0 && hold.adds() == 0 {
                    freed(before.rule);
                }
            }
            held.due = due(held.at, &held.holds);
        }
        self.heap = all.into();
    }
}

impl Held {
    fn place(&self) -> (u64, u64) {
        (self.due, self.number)
    }
}

impl Ord for Held {
    fn cmp(&self, other: &Self) -> Ordering {
        self.place().cmp(&other.place())
    }
}

impl PartialOrd for Held {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        self.place() == other.place()
    }
}

impl Eq for Held {}

#[cfg(test)]
mod tests;
