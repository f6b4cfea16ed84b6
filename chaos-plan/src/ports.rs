//! Segments: neighbouring ports that the same rules take.

use std::collections::BTreeSet;

use chaos_abi::RuleSet;
use chaos_api::PortRange;

use crate::Table;

/// Which end of a flow a port belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The target's end.
    Local,
    /// The other end.
    Peer,
}

/// Neighbouring ports that the same rules take.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) first: u16,
    pub(crate) last: u16,
    pub(crate) rules: RuleSet,
}

/// All 65,536 ports of a side in ascending segments; a single one where no rule names a port.
pub(crate) fn segments(table: &Table, side: Side) -> Vec<Segment> {
    let anywhere = table.set(|rule| ranges(&rule.matching, side).is_empty());
    let starts: Vec<u16> = starts(table, side).into_iter().collect();
    let ends = starts.iter().skip(1).map(|next| next - 1).chain([u16::MAX]);
    let segment = |(first, last): (&u16, u16)| Segment {
        first: *first,
        last,
        rules: anywhere,
    };
    let mut segments: Vec<Segment> = starts.iter().zip(ends).map(segment).collect();
    for (slot, rule) in table.rules() {
        for range in ranges(&rule.matching, side) {
            let from = starts.partition_point(|start| *start < range.first());
            let to = starts.partition_point(|start| *start <= range.last());
            for segment in &mut segments[from..to] {
                segment.rules.insert(slot);
            }
        }
    }
    segments
}

fn starts(table: &Table, side: Side) -> BTreeSet<u16> {
    let ranges = table
        .rules()
        .flat_map(|(_, rule)| ranges(&rule.matching, side));
    let edges = ranges.flat_map(|range| [Some(range.first()), range.last().checked_add(1)]);
    edges.flatten().chain([0]).collect()
}

fn ranges(matching: &crate::Matching, side: Side) -> &[PortRange] {
    match side {
        Side::Local => &matching.local_ports,
        Side::Peer => &matching.peer_ports,
    }
}
