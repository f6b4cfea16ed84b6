//! Which end of the packets is the target.

use std::{collections::BTreeSet, net::IpAddr};

use anyhow::Result;
use chaos_abi::Direction;
use chaos_ebpf::Packet;

use super::{link::Captured, words};
use crate::exit::Usage;

/// The target's own addresses.
#[derive(Debug)]
pub(super) struct Side(BTreeSet<IpAddr>);

impl Side {
    /// The addresses that are named, or else the only ones that stand in every packet.
    pub(super) fn of(named: &[IpAddr], packets: &[Captured]) -> Result<Self> {
        if !named.is_empty() {
            return Ok(Self(named.iter().map(IpAddr::to_canonical).collect()));
        }
        let [v4, v6] = [true, false].map(|v4| common(packets, v4));
        Ok(Self(v4?.into_iter().chain(v6?).collect()))
    }

    /// Which way a packet goes, seen from the target; `None` where it is neither end.
    pub(super) fn way(&self, packet: &Captured) -> Option<Direction> {
        let known = || {
            let [from, to] = ends(&packet.frame)?;
            if self.0.contains(&from) {
                Some(Direction::Egress)
            } else {
                self.0.contains(&to).then_some(Direction::Ingress)
            }
        };
        packet.way.or_else(known)
    }
}

/// The address that stands in every packet of a family whose way is not told; `None` without any.
fn common(packets: &[Captured], v4: bool) -> Result<Option<IpAddr>> {
    let packets = packets.iter().filter(|packet| packet.way.is_none());
    let ends = packets.filter_map(|packet| ends(&packet.frame));
    let mut pairs = ends
        .filter(|[from, _]| from.is_ipv4() == v4)
        .map(BTreeSet::from);
    let Some(first) = pairs.next() else {
        return Ok(None);
    };
    let mut all = pairs.fold(first, |common, pair| &common & &pair);
    if all.len() == 1 {
        Ok(all.pop_first())
    } else {
        Err(unknown())
    }
}

/// Source and target of a packet.
fn ends(frame: &[u8]) -> Option<[IpAddr; 2]> {
    let mut packet = Packet::default();
    packet.read(frame, Direction::Egress)?;
    Some([&packet.flow.local, &packet.flow.peer].map(words::address))
}

fn unknown() -> anyhow::Error {
    let line = "--address: is required: no address stands in every packet of the capture, or more than \
                one; name those of the target";
    Usage(line.into()).into()
}
