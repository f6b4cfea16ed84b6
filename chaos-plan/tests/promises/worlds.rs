//! Random faults and packets from a small world, so that they often meet at its edges.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use chaos_abi as abi;
use chaos_api::{
    Blackhole, Connections, Direction, Draw, Family, FaultSpec, Faults, Initiator, Interfaces,
    IpBlock, Loss, Peer, PeerPort, Percent, PortRange, Protocol, Reject, RejectWith, Reset, Span,
    Traffic,
};
use chaos_plan::{Fault, PacketWords, Spare};
use ipnet::IpNet;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

const RANGES: [&str; 16] = [
    "0.0.0.0/0",
    "10.0.0.0/8",
    "10.1.0.0/16",
    "10.1.2.0/24",
    "10.1.2.3/32",
    "10.128.0.0/9",
    "192.168.0.0/16",
    "255.255.255.255/32",
    "::/0",
    "::/1",
    "fd00::/8",
    "fd00::/64",
    "fd00::1/128",
    "fd00:0:0:1::/64",
    "::1/128",
    "ffff::/16",
];

const PORTS: [u16; 9] = [1, 2, 79, 80, 81, 443, 4222, 65534, 65535];

/// Up to five faults; an equal name in two worlds is the same fault, edited.
pub(crate) fn faults() -> impl Strategy<Value = Vec<Fault>> {
    let named = (
        select(vec!["a", "b", "c", "d", "e"]),
        spec(),
        1_u64..5,
        1_u64..5,
        spare(),
    );
    vec(named, 0..5).prop_map(|faults| {
        let mut faults: Vec<Fault> = faults.into_iter().map(fault).collect();
        faults.sort_by(|one, other| one.name.cmp(&other.name));
        faults.dedup_by(|one, other| one.name == other.name);
        faults
    })
}

fn fault((name, spec, deadline, seed, spare): (&str, FaultSpec, u64, u64, Spare)) -> Fault {
    Fault {
        name: name.into(),
        spec,
        deadline,
        seed,
        anchor: u32::try_from(seed).unwrap(),
        spare,
    }
}

fn spare() -> impl Strategy<Value = Spare> {
    let names = (
        vec(select(PORTS.to_vec()), 0..3),
        vec(range().prop_map(|range| range.network()), 0..3),
    );
    names.prop_map(|(ports, sources)| Spare { ports, sources })
}

fn spec() -> impl Strategy<Value = FaultSpec> {
    let draw = select(vec![Draw::Ordinal, Draw::Flow]);
    (traffic(), blocks(), draw).prop_map(|(traffic, faults, draw)| FaultSpec {
        traffic,
        faults,
        duration: Span::from_secs(1),
        seed: None,
        draw,
    })
}

fn blocks() -> impl Strategy<Value = Faults> {
    let share = || option::of(select(vec!["0%", "50%", "100%"]));
    let share = move || share().prop_map(|s| s.map(|s| s.parse::<Percent>().unwrap()));
    let reject = (select(RejectWith::ALL.to_vec()), share());
    let reject = reject.prop_map(|(with, probability)| Reject { with, probability });
    let blocks = (
        option::of(share()),
        option::of(share()),
        option::of(reject),
        option::of(share()),
    );
    blocks.prop_map(|(blackhole, loss, reject, reset)| Faults {
        reject,
        blackhole: blackhole.map(|probability| Blackhole { probability }),
        loss: loss.map(|share| Loss::of(share.unwrap_or(Percent::ALL))),
        reset: reset.map(|probability| Reset { probability }),
        ..Faults::default()
    })
}

fn traffic() -> impl Strategy<Value = Traffic> {
    let direction = select(vec![
        None,
        Some(Direction::Egress),
        Some(Direction::Ingress),
    ]);
    let protocols = vec![
        Protocol::Tcp,
        Protocol::Udp,
        Protocol::Icmp,
        Protocol::Any,
        Protocol::Any,
    ];
    let families = vec![Family::Any, Family::Any, Family::IPv4, Family::IPv6];
    let parts = (
        direction,
        select(protocols),
        select(families),
        vec(ports(), 0..3),
        vec(peer(), 0..4),
        vec(peer(), 0..3),
        told(),
    );
    parts.prop_map(
        |(direction, protocol, family, local_ports, peers, except_peers, told)| Traffic {
            direction,
            protocol,
            family,
            local_ports,
            peers,
            except_peers,
            ..told
        },
    )
}

/// The words that tell interfaces and connections apart.
fn told() -> impl Strategy<Value = Traffic> {
    let words = (
        select(vec![Interfaces::Pod, Interfaces::Loopback, Interfaces::All]),
        select(vec![
            Connections::All,
            Connections::Existing,
            Connections::New,
        ]),
        select(vec![Initiator::Any, Initiator::Target, Initiator::Peer]),
    );
    words.prop_map(|(interfaces, connections, initiator)| Traffic {
        interfaces,
        connections,
        initiator,
        ..Traffic::default()
    })
}

fn peer() -> impl Strategy<Value = Peer> {
    let block = (range(), vec(range(), 0..3)).prop_map(|(cidr, except)| IpBlock { cidr, except });
    let port = (
        ports(),
        select(vec![None, None, Some(Protocol::Tcp), Some(Protocol::Udp)]),
    );
    let port = port.prop_map(|(range, protocol)| PeerPort {
        protocol,
        ..range.into()
    });
    (option::weighted(0.9, block), vec(port, 0..3))
        .prop_map(|(ip_block, ports)| Peer { ip_block, ports })
}

fn ports() -> impl Strategy<Value = PortRange> {
    (select(PORTS.to_vec()), select(PORTS.to_vec()))
        .prop_map(|(one, other)| PortRange::new(one.min(other), one.max(other)).unwrap())
}

fn range() -> impl Strategy<Value = IpNet> {
    select(RANGES.to_vec()).prop_map(|range| range.parse().unwrap())
}

/// Packets at the edges of the ranges and ports, one step outside them, and anywhere.
pub(crate) fn packets() -> impl Strategy<Value = Vec<PacketWords>> {
    vec(packet(), 1..40)
}

fn packet() -> impl Strategy<Value = PacketWords> {
    let directions = vec![abi::Direction::Ingress, abi::Direction::Egress];
    let protocols = [6, 17, 1, 132].map(abi::Protocol::from_number).to_vec();
    let ports = option::weighted(0.9, (port(), port()));
    let rest = (any::<bool>(), birth());
    (
        select(directions),
        select(protocols),
        address(),
        ports,
        rest,
    )
        .prop_map(|(direction, protocol, peer, ports, (loopback, birth))| {
            let ported = matches!(protocol, abi::Protocol::Tcp | abi::Protocol::Udp);
            PacketWords {
                direction,
                protocol,
                peer,
                ports: ports.filter(|_| ported),
                loopback,
                birth,
            }
        })
}

fn birth() -> impl Strategy<Value = abi::Birth> {
    (0_u32..5, 0_u32..3).prop_map(|(cut, opener)| abi::Birth { at: 0, cut, opener })
}

fn port() -> impl Strategy<Value = u16> {
    let edge = (select(PORTS.to_vec()), 0_u16..3)
        .prop_map(|(port, step)| port.wrapping_add(step).wrapping_sub(1));
    prop_oneof![4 => edge, 1 => any::<u16>()]
}

fn address() -> impl Strategy<Value = IpAddr> {
    let edge = (range(), select(vec![edge_below, first, last, edge_above]));
    let edge = edge.prop_map(|(range, pick)| pick(range));
    let anywhere = prop_oneof![
        any::<u32>().prop_map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits))),
        any::<u128>().prop_map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits))),
    ];
    prop_oneof![5 => edge, 1 => anywhere]
}

fn first(range: IpNet) -> IpAddr {
    range.network()
}

fn last(range: IpNet) -> IpAddr {
    range.broadcast()
}

fn edge_below(range: IpNet) -> IpAddr {
    step(range.network(), u128::MAX)
}

fn edge_above(range: IpNet) -> IpAddr {
    step(range.broadcast(), 1)
}

/// The address that many steps on, around the end of its family.
#[expect(clippy::cast_possible_truncation, reason = "IPv4 wraps at 32 bits")]
fn step(address: IpAddr, by: u128) -> IpAddr {
    match address {
        IpAddr::V4(v4) => IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits().wrapping_add(by as u32))),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits().wrapping_add(by))),
    }
}
