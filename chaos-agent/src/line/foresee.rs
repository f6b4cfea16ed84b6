//! What a line would do to packets, told and not done.

use chaos_abi::LineHeader;
use chaos_plan::Table;

use super::fates::pieces;
use super::hold::due;
use super::rules::{Flows, LineRules, rules_of};
use super::tally::Tallies;
use super::wire::{Layout, Offload, Segments, View};

/// A line without a device or a clock, with all that one remembers.
#[derive(Debug)]
pub struct Foresight {
    rules: LineRules,
    flows: Flows,
    tallies: Tallies,
}

/// What would become of a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Foreseen {
    /// How often it would be sent; not at all where it is lost.
    pub copies: u32,
    /// Whether a bit of it would be flipped.
    pub corrupted: bool,
    /// How many nanoseconds later.
    pub later: u64,
}

impl Foresight {
    /// The line that a table asks for.
    pub fn of(table: &Table) -> Self {
        Self {
            rules: rules_of(table),
            flows: Flows::default(),
            tallies: Tallies::default(),
        }
    }

    /// What becomes of the next packet, a frame as it would be on the wire.
    pub fn packet(&mut self, header: &LineHeader, frame: &[u8]) -> Foreseen {
        let layout = Layout::of(frame);
        let view = View {
            bytes: frame,
            offload: Offload::default(),
        };
        let segments = Segments::of(&view, layout.as_ref());
        let packet = (layout.as_ref(), &segments);
        let pieces = pieces(
            &self.rules,
            &mut self.flows,
            &mut self.tallies,
            header,
            packet,
        );
        let sent = pieces.first().map(|piece| Foreseen {
            copies: piece.copies,
            corrupted: piece.corrupt.is_some(),
            later: due(header.at, &piece.holds) - header.at,
        });
        sent.unwrap_or_default()
    }
}
