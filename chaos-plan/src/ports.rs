//! Port classes: ports that the same rules take share one class.

use std::collections::BTreeSet;

use chaos_abi::{ClassSets, MAX_CLASSES, PortClasses, RuleSet, Side};
use chaos_api::PortRange;

use crate::matching::in_any;
use crate::{LowerError, Table};

/// Neighbouring ports that the same rules take.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) first: u16,
    pub(crate) last: u16,
    pub(crate) rules: RuleSet,
}

/// All 65,536 ports of a side in ascending segments.
pub(crate) fn segments(table: &Table, side: Side) -> Vec<Segment> {
    let starts = starts(table, side);
    let ends = starts.iter().skip(1).map(|next| next - 1).chain([u16::MAX]);
    let segment = |(first, last): (&u16, u16)| Segment {
        first: *first,
        last,
        rules: takers(table, side, *first),
    };
    starts.iter().zip(ends).map(segment).collect()
}

/// The class of each port and the rules of each class. The table passed [`check`].
#[expect(
    clippy::large_stack_arrays,
    reason = "64 KiB for a moment, in user space"
)]
pub(crate) fn tables(table: &Table, side: Side) -> (Box<PortClasses>, Box<ClassSets>) {
    let segments = segments(table, side);
    let sets = distinct(&segments);
    let mut classes = Box::new(PortClasses([0; 65536]));
    for segment in &segments {
        let class = sets.iter().position(|set| *set == segment.rules);
        let class = class
            .and_then(|class| u8::try_from(class).ok())
            .expect("checked by lower");
        for port in segment.first..=segment.last {
            classes.0[PortClasses::index(port.to_be_bytes())] = class;
        }
    }
    let mut rules = Box::new([0; MAX_CLASSES]);
    rules[..sets.len()].copy_from_slice(&sets);
    (classes, rules)
}

/// Refuses a table with more classes on one side than a `u8` tells apart.
pub(crate) fn check(table: &Table, side: Side) -> Result<(), LowerError> {
    let count = distinct(&segments(table, side)).len();
    if count > MAX_CLASSES {
        Err(LowerError::Classes(count, side))
    } else {
        Ok(())
    }
}

fn distinct(segments: &[Segment]) -> Vec<RuleSet> {
    let sets: BTreeSet<RuleSet> = segments.iter().map(|segment| segment.rules).collect();
    sets.into_iter().collect()
}

fn starts(table: &Table, side: Side) -> BTreeSet<u16> {
    let ranges = table
        .rules()
        .flat_map(|(_, rule)| ranges(&rule.matching, side));
    let edges = ranges.flat_map(|range| [Some(range.first()), range.last().checked_add(1)]);
    edges.flatten().chain([0]).collect()
}

fn takers(table: &Table, side: Side, port: u16) -> RuleSet {
    table.set(|rule| in_any(ranges(&rule.matching, side), port))
}

fn ranges(matching: &crate::Matching, side: Side) -> &[PortRange] {
    match side {
        Side::Local => &matching.local_ports,
        Side::Peer => &matching.peer_ports,
    }
}
