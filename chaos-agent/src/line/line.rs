//! The line itself, without its thread and device: what it holds, and by which rules.

use chaos_abi::LineHeader;
use chaos_plan::Apply;

use super::fates::{Piece, pieces};
use super::hold::due;
use super::queue::Queue;
use super::rules::{Earliest, Flows, LineRules, is_by_packet};
use super::tally::{LineTally, Tallies};
use super::tickets::Tickets;
use super::wire::{Layout, Segments, View, corrupt, cut};
use super::{LineReport, pace::Schedule};

/// What a line has.
#[derive(Debug)]
pub(super) struct Line {
    rules: LineRules,
    earliest: Earliest,
    flows: Flows,
    tallies: Tallies,
    pub(super) queue: Queue,
    pub(super) tickets: Tickets,
    total: LineTally,
}

impl Line {
    /// A line that holds at most so many bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            rules: LineRules::new(),
            earliest: Earliest::default(),
            flows: Flows::default(),
            tallies: Tallies::default(),
            queue: Queue::new(limit),
            tickets: Tickets::default(),
            total: LineTally::default(),
        }
    }

    /// Carries out other rules from now on. Nothing that is held is lost: what a rule that is no more
    /// held goes on, and a constant delay that was changed holds what it holds for as long as what
    /// comes next. What a rule did is told until another one takes its slot.
    pub(super) fn renew(&mut self, rules: &LineRules) {
        let tallies = &mut self.tallies;
        self.queue
            .renew(rules, |freed| tallies.of(freed).flushed += 1);
        let is_new = |rule: &u16| rules.contains_key(rule) && !self.rules.contains_key(rule);
        self.tallies.0.retain(|rule, _| !is_new(rule));
        self.rules.clone_from(rules);
        self.earliest = Earliest::of(rules);
        self.flows.keep(rules);
    }

    /// Takes a frame that a hook handed over. `true` where it is to be sent at once and as it is;
    /// else it was dealt with.
    pub(super) fn take(
        &mut self,
        header: &LineHeader,
        frame: &View<'_>,
        ticket: u16,
        now: u64,
    ) -> bool {
        self.total.taken += 1;
        self.tallies.count(header, |tally| tally.came += 1);
        let layout = self.looks_inside(header).then(|| Layout::of(frame.bytes));
        let layout = layout.flatten();
        let segments = Segments::of(frame, layout.as_ref());
        let packet = (layout.as_ref(), &segments);
        let (rules, flows, tallies) = (&self.rules, &mut self.flows, &mut self.tallies);
        let pieces = pieces(rules, flows, tallies, header, packet);
        let whole = 0..segments.count;
        if let [piece] = &pieces[..] {
            let is_as_it_was = piece.range == whole && piece.corrupt.is_none() && piece.copies == 1;
            let due = due(header.at, &piece.holds);
            let is_next = || self.queue.next_due().is_none_or(|next| next > due);
            if is_as_it_was && due <= now && is_next() {
                return true;
            }
        }
        for piece in pieces {
            self.hold(header, frame, packet, &piece, ticket);
        }
        false
    }

    fn hold(
        &mut self,
        header: &LineHeader,
        frame: &View<'_>,
        (layout, segments): (Option<&Layout>, &Segments),
        piece: &Piece,
        ticket: u16,
    ) {
        let mut copy = match layout {
            Some(layout) if piece.range != (0..segments.count) => cut(frame, layout, &piece.range),
            _ => frame.keep(),
        };
        if let Some((random, layout)) = piece.corrupt.zip(layout) {
            let layout = Layout {
                end: layout.end.min(copy.bytes.len()),
                ..*layout
            };
            corrupt(&mut copy, &layout, random);
        }
        for _ in 0..piece.copies {
            if !self.queue.has_room(copy.bytes.len()) {
                self.tallies.count(header, |tally| tally.memory_full += 1);
                continue;
            }
            self.queue
                .hold(header.at, piece.holds, ticket, copy.clone());
        }
        self.total.most_bytes = self.total.most_bytes.max(self.queue.bytes as u64);
    }

    /// Whether what is handed over from now on may be left until the next one that is held is due.
    pub(super) fn can_wait(&self, now: u64) -> bool {
        let due = self.queue.next_due().unwrap_or(u64::MAX);
        // The other half is for reading it, however much it is.
        due.saturating_sub(now) <= self.earliest.after(now) / 2
    }

    /// Whether a rule of the packet asks for what is in it.
    fn looks_inside(&self, header: &LineHeader) -> bool {
        let rules = header.rules.iter().filter_map(|rule| self.rules.get(rule));
        let mut shapes = rules.map(|rule| &rule.shape);
        shapes.any(|shape| {
            is_by_packet(shape) || shape.rate.is_some() || shape.apply != Apply::Packet
        })
    }

    /// Counts a frame that was written.
    pub(super) fn count(&mut self, taken_back: bool) {
        if taken_back {
            self.total.sent += 1;
        } else {
            self.total.refused += 1;
        }
    }

    pub(super) fn report(&self, schedule: Schedule) -> LineReport {
        LineReport {
            rules: self.tallies.0.clone(),
            line: LineTally {
                held: self.queue.len() as u64,
                held_bytes: self.queue.bytes as u64,
                ..self.total
            },
            schedule,
        }
    }
}
