//! What one rule matches, in plain words, and the slow matcher that defines what that means.

use std::net::{IpAddr, SocketAddr};

use chaos_abi::{self as abi, Action};
use chaos_api::{Direction, Family, FlowInfo, IpBlock, PortRange, Protocol};

use crate::{PlannedRule, Table};

/// What one rule matches: a packet that satisfies every field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matching {
    /// Which way.
    pub direction: Direction,
    /// Which protocol; `Any` with ports is TCP and UDP.
    pub protocol: Protocol,
    /// Which IP version.
    pub family: Family,
    /// The target's ports; any where empty.
    pub local_ports: Vec<PortRange>,
    /// The other end's addresses; any where empty.
    pub peers: Vec<IpBlock>,
    /// The other end's ports; any where empty.
    pub peer_ports: Vec<PortRange>,
}

/// A packet as the bit sets see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketWords {
    /// Which way it goes.
    pub direction: abi::Direction,
    /// Its protocol class.
    pub protocol: abi::Protocol,
    /// The other end's address, never v4-mapped.
    pub peer: IpAddr,
    /// The target's port and the other end's, where the packet has ports.
    pub ports: Option<(u16, u16)>,
}

/// The field of a rule that a packet does not satisfy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Miss {
    /// It goes the other way.
    Direction,
    /// It is of another protocol.
    Protocol,
    /// It is of the other IP version.
    Family,
    /// The rule does not mean this other end.
    Peer(IpAddr),
    /// It has no ports, and the rule names some.
    Ports,
    /// The rule does not mean this port of the target.
    LocalPort(u16),
    /// The rule does not mean this port of the other end.
    PeerPort(u16),
}

/// Whether a packet of the connection between `local` and `peer` matches; v4-mapped addresses count
/// as IPv4.
pub fn matches(
    matching: &Matching,
    local: SocketAddr,
    peer: SocketAddr,
    protocol: abi::Protocol,
    direction: abi::Direction,
) -> bool {
    matching.takes(&PacketWords::of(local, peer, protocol, direction))
}

/// Whether packets of a live connection, either way, match a rule of `table` that does something to
/// them.
pub fn meets(table: &Table, flow: &FlowInfo) -> bool {
    let protocol = match flow.protocol {
        Protocol::Udp => abi::Protocol::Udp,
        _ => abi::Protocol::Tcp,
    };
    let ways = [abi::Direction::Egress, abi::Direction::Ingress];
    let meets = |way| {
        let packet = PacketWords::of(flow.local, flow.peer, protocol, way);
        let goes_on = |rule: &PlannedRule| {
            rule.rule.action == Action::Reject.word() && protocol == abi::Protocol::Tcp
        };
        let acts = |rule| table.acts(rule, &packet) && !goes_on(rule);
        table.rules().any(|(_, rule)| acts(rule))
    };
    ways.into_iter().any(meets)
}

impl PacketWords {
    /// A packet of the connection between `local` and `peer`; v4-mapped addresses count as IPv4.
    pub fn of(
        local: SocketAddr,
        peer: SocketAddr,
        protocol: abi::Protocol,
        direction: abi::Direction,
    ) -> Self {
        let ported = matches!(protocol, abi::Protocol::Tcp | abi::Protocol::Udp);
        Self {
            direction,
            protocol,
            peer: peer.ip().to_canonical(),
            ports: ported.then(|| (local.port(), peer.port())),
        }
    }
}

impl Matching {
    /// Whether `packet` satisfies every field.
    pub fn takes(&self, packet: &PacketWords) -> bool {
        self.misses(packet).is_none()
    }

    /// The first field that `packet` does not satisfy.
    pub fn misses(&self, packet: &PacketWords) -> Option<Miss> {
        if !self.takes_direction(packet.direction) {
            Some(Miss::Direction)
        } else if !self.takes_protocol(packet.protocol) {
            Some(Miss::Protocol)
        } else if !self.takes_family(packet.peer.is_ipv6()) {
            Some(Miss::Family)
        } else if !self.takes_peer(packet.peer) {
            Some(Miss::Peer(packet.peer))
        } else {
            self.misses_ports(packet.ports)
        }
    }

    /// Whether it names a port of either side, so that only packets with ports can match.
    pub fn names_ports(&self) -> bool {
        !self.local_ports.is_empty() || !self.peer_ports.is_empty()
    }

    pub(crate) fn takes_direction(&self, direction: abi::Direction) -> bool {
        match self.direction {
            Direction::Egress => direction == abi::Direction::Egress,
            Direction::Ingress => direction == abi::Direction::Ingress,
            Direction::Both => true,
        }
    }

    pub(crate) fn takes_protocol(&self, protocol: abi::Protocol) -> bool {
        match self.protocol {
            Protocol::Tcp => protocol == abi::Protocol::Tcp,
            Protocol::Udp => protocol == abi::Protocol::Udp,
            Protocol::Icmp => protocol == abi::Protocol::Icmp,
            Protocol::Any if self.names_ports() => {
                matches!(protocol, abi::Protocol::Tcp | abi::Protocol::Udp)
            }
            Protocol::Any => true,
        }
    }

    pub(crate) fn takes_family(&self, v6: bool) -> bool {
        match self.family {
            Family::Any => true,
            Family::IPv4 => !v6,
            Family::IPv6 => v6,
        }
    }

    fn misses_ports(&self, ports: Option<(u16, u16)>) -> Option<Miss> {
        match ports {
            None => self.names_ports().then_some(Miss::Ports),
            Some((local, _)) if !in_any(&self.local_ports, local) => Some(Miss::LocalPort(local)),
            Some((_, peer)) if !in_any(&self.peer_ports, peer) => Some(Miss::PeerPort(peer)),
            Some(_) => None,
        }
    }

    fn takes_peer(&self, peer: IpAddr) -> bool {
        let inside = |block: &IpBlock| {
            block.cidr.contains(&peer) && !block.except.iter().any(|hole| hole.contains(&peer))
        };
        self.peers.is_empty() || self.peers.iter().any(inside)
    }
}

/// Whether `port` is in one of `ranges`, or there are none.
pub(crate) fn in_any(ranges: &[PortRange], port: u16) -> bool {
    ranges.is_empty() || ranges.iter().any(|range| range.contains(port))
}
