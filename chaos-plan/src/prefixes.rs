//! Peer prefixes: the complete rule set at each prefix that a rule names, for the kernel's
//! longest-prefix look-up.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};

use chaos_abi::{MAX_PREFIXES, RuleSet, mapped};
use chaos_api::IpBlock;
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
    let named = named(table).into_iter();
    named
        .map(|prefix| (key(prefix), valid_at(table, prefix)))
        .collect()
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

fn valid_at(table: &Table, prefix: IpNet) -> RuleSet {
    table.set(|rule| covers(&rule.matching.peers, prefix))
}

/// Whether all of `prefix` is in `peers` as far as ranges up to its length tell; longer ones have
/// an entry of their own.
fn covers(peers: &[IpBlock], prefix: IpNet) -> bool {
    let inside = |block: &IpBlock| {
        block.cidr.contains(&prefix) && !block.except.iter().any(|hole| hole.contains(&prefix))
    };
    peers.is_empty() || peers.iter().any(inside)
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
