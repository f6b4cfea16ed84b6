//! Random frames at the edges of a world's prefixes and ports, one step outside them, and anywhere;
//! some cut short, some with the headers that parsers get wrong.

use std::net::IpAddr;

use chaos_abi::Direction;

use super::World;
use crate::bench::packet::{flags, macs};
use crate::bench::random::Random;

const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMP: u8 = 1;
const ICMPV6: u8 = 58;

const FLAGS: [u8; 7] = [
    flags::SYN,
    flags::SYN | flags::ACK,
    flags::ACK,
    flags::PSH | flags::ACK,
    flags::FIN | flags::ACK,
    flags::RST,
    flags::RST | flags::ACK,
];

/// A frame of the world.
pub(crate) fn frame(random: &mut Random, world: &World, way: Direction) -> Vec<u8> {
    let peer = address(random, world);
    let local = loop {
        let other = address(random, world);
        if other.is_ipv6() == peer.is_ipv6() {
            break other;
        }
    };
    let (from, to) = match way {
        Direction::Egress => (local, peer),
        Direction::Ingress => (peer, local),
    };
    let mut frame = ethernet(random, way, peer.is_ipv6());
    frame.extend(packet(random, world, from, to));
    if random.once_in(20) {
        // The kernel runs nothing on a frame that ends before its IP header does.
        let least = if peer.is_ipv6() { 54 } else { 34 };
        let length = least + random.below(frame.len() - least + 1);
        frame.truncate(length);
    }
    frame
}

fn ethernet(random: &mut Random, way: Direction, v6: bool) -> Vec<u8> {
    let (source, target) = macs(way);
    let ether_type = match random.below(40) {
        0 => [0x08, 0x06],
        1 => [0x88, 0xcc],
        _ if v6 => [0x86, 0xdd],
        _ => [0x08, 0x00],
    };
    [&target[..], &source, &ether_type].concat()
}

fn packet(random: &mut Random, world: &World, from: IpAddr, to: IpAddr) -> Vec<u8> {
    let protocol = match random.below(20) {
        0 => ICMP,
        1 => ICMPV6,
        2 => random.one(&[0, 2, 41, 47, 50, 59, 132, 255]),
        3..10 => UDP,
        _ => TCP,
    };
    let carried = match protocol {
        TCP => tcp(random, world),
        UDP => udp(random, world),
        _ => {
            let kind = random.one(&[0, 1, 3, 8, 11, 128, 132, 133, 135, 137, 138]);
            [&[kind, 0, 0, 0][..], &[0x5a; 16]].concat()
        }
    };
    match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            v4(random, [from.octets(), to.octets()], protocol, &carried)
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => v6([from.octets(), to.octets()], protocol, &carried),
        _ => unreachable!("both ends are of one family"),
    }
}

fn v4(random: &mut Random, ends: [[u8; 4]; 2], protocol: u8, carried: &[u8]) -> Vec<u8> {
    let words = if random.once_in(8) {
        5 + random.below(11)
    } else {
        5
    };
    let length = u16::try_from(words * 4 + carried.len()).expect("it is short");
    let fragment: u16 = match random.below(20) {
        0 => 0x2000,
        1 => 1 + random.port() % 0x1fff,
        2 => 0x2000 | (1 + random.port() % 0x1fff),
        _ => 0x4000,
    };
    let mut header = vec![0; words * 4];
    let version = if random.once_in(60) { 0x50 } else { 0x40 };
    header[0] = version | u8::try_from(words).expect("four bits");
    header[2..4].copy_from_slice(&length.to_be_bytes());
    header[4..6].copy_from_slice(&random.port().to_be_bytes());
    header[6..8].copy_from_slice(&fragment.to_be_bytes());
    header[8..10].copy_from_slice(&[57, protocol]);
    header[12..16].copy_from_slice(&ends[0]);
    header[16..20].copy_from_slice(&ends[1]);
    for option in &mut header[20..] {
        *option = 1; // no operation, RFC 791 §3.1
    }
    let sum = !chaos_abi::frame::fold(chaos_abi::frame::sum(&header));
    header[10..12].copy_from_slice(&sum.to_be_bytes());
    header.extend_from_slice(carried);
    header
}

fn v6(ends: [[u8; 16]; 2], protocol: u8, carried: &[u8]) -> Vec<u8> {
    let length = u16::try_from(carried.len()).expect("it is short");
    let [high, low] = length.to_be_bytes();
    let fixed = [0x60, 0, 0, 0, high, low, protocol, 57];
    [&fixed, &ends[0][..], &ends[1], carried].concat()
}

fn tcp(random: &mut Random, world: &World) -> Vec<u8> {
    let mut segment = udp(random, world);
    segment.truncate(4);
    segment.extend(random.next().to_be_bytes());
    segment.extend([0x50, random.one(&FLAGS), 16, 0, 0, 0, 0, 0]);
    segment.extend(vec![0x5a; random.below(40)]);
    segment
}

fn udp(random: &mut Random, world: &World) -> Vec<u8> {
    let (source, target) = (port(random, world), port(random, world));
    let mut datagram = [source.to_be_bytes(), target.to_be_bytes()].concat();
    let data = random.below(40);
    let length = u16::try_from(8 + data).expect("it is short");
    datagram.extend(length.to_be_bytes());
    datagram.extend(vec![0; 2 + data]);
    datagram
}

/// A port at an edge of a range, next to one, or anywhere.
fn port(random: &mut Random, world: &World) -> u16 {
    if random.once_in(6) {
        return random.port();
    }
    let range = world.ports[random.below(world.ports.len())];
    let edge = random.one(&[range.first(), range.last()]);
    random.one(&[edge, edge, edge.wrapping_sub(1), edge.wrapping_add(1)])
}

/// An address at an edge of a prefix, next to one, or anywhere.
fn address(random: &mut Random, world: &World) -> IpAddr {
    let prefix = world.prefixes[random.below(world.prefixes.len())];
    let edge = random.one(&[prefix.network(), prefix.broadcast()]);
    let step = random.one(&[0, 0, 1, -1]);
    match edge {
        IpAddr::V4(v4) => IpAddr::V4(v4.to_bits().wrapping_add_signed(step).into()),
        IpAddr::V6(v6) => {
            let next = v6.to_bits().wrapping_add_signed(step.into());
            // What looks like a mapped address is IPv4 to rules, and stands in no packet.
            IpAddr::V6(if next >> 32 == 0xffff { 1 } else { next }.into())
        }
    }
}
