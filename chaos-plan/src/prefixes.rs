//! Peer prefixes: the complete rule set at each prefix that a rule names, for the kernel's
//! longest-prefix look-up.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use chaos_abi::{MAX_PREFIXES, RuleSet, mapped};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::{LowerError, Table};

/// Everything, of either family. Both have an entry of their own, since `::/0` covers the v4-mapped
/// addresses too.
const ROOTS: [IpNet; 2] = [
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 0)),
    IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 0)),
];

/// The rules valid at each prefix, keyed as the kernel's trie is.
pub(crate) fn sets(table: &Table) -> BTreeMap<([u8; 16], u32), RuleSet> {
    let prefixes: Vec<IpNet> = named(table).into_iter().collect();
    let anywhere = table.set(|rule| rule.matching.peers.is_empty());
    let mut sets = vec![anywhere; prefixes.len()];
    for (slot, rule) in table.rules() {
        for block in &rule.matching.peers {
            let holes = block.except.iter();
            let holes: Vec<Range<usize>> = holes.map(|hole| within(&prefixes, hole)).collect();
            let valid = within(&prefixes, &block.cidr);
            let valid = valid.filter(|at| !holes.iter().any(|hole| hole.contains(at)));
            valid.for_each(|at| sets[at].insert(slot));
        }
    }
    prefixes.into_iter().map(key).zip(sets).collect()
}

/// Where in ascending prefixes those stand that are in `range`: side by side, since a prefix comes
/// after those that hold it.
fn within(prefixes: &[IpNet], range: &IpNet) -> Range<usize> {
    let from = prefixes.partition_point(|prefix| *prefix < range.trunc());
    let inside = prefixes[from..].partition_point(|prefix| range.contains(prefix));
    from..from + inside
}

/// Refuses a table with more prefixes than the kernel's trie holds.
pub(crate) fn check(table: &Table) -> Result<(), LowerError> {
    let count = named(table).len();
    if count > MAX_PREFIXES {
        Err(LowerError::Prefixes(count))
    } else {
        Ok(())
    }
}

fn named(table: &Table) -> BTreeSet<IpNet> {
    if table.is_empty() {
        return BTreeSet::new();
    }
    let blocks = table.rules().flat_map(|(_, rule)| &rule.matching.peers);
    let ranges = blocks.flat_map(|block| block.except.iter().chain([&block.cidr]));
    ranges.map(IpNet::trunc).chain(ROOTS).collect()
}

fn key(prefix: IpNet) -> ([u8; 16], u32) {
    match prefix {
        IpNet::V4(v4) => (
            mapped(v4.network().octets()),
            96 + u32::from(v4.prefix_len()),
        ),
        IpNet::V6(v6) => (v6.network().octets(), u32::from(v6.prefix_len())),
    }
}
