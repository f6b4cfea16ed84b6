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

/// A frame, and which way it goes.
pub(crate) type Sent = (Direction, Vec<u8>);

/// A frame of the world. `rest` is what follows the first fragment before; once in a while it comes.
pub(crate) fn frame(random: &mut Random, world: &World, rest: &mut Option<Sent>) -> Sent {
    if let Some(rest) = rest.clone()
        && random.once_in(2)
    {
        return rest;
    }
    let way = random.one(&[Direction::Egress, Direction::Ingress]);
    let ends = ends(random, world, way);
    let v6 = ends.0.is_ipv6();
    let link = link(random, way, v6);
    let (packet, later) = packet(random, world, ends);
    *rest = later.map(|later| (way, [&link[..], &later].concat()));
    let mut frame = [&link[..], &packet].concat();
    if random.once_in(20) {
        // The kernel runs nothing on a frame that ends before its IP header does.
        let least = link.len() + if v6 { 40 } else { 20 };
        let length = least + random.below(frame.len() - least + 1);
        frame.truncate(length);
    }
    (way, frame)
}

/// Source and target, of one family.
fn ends(random: &mut Random, world: &World, way: Direction) -> (IpAddr, IpAddr) {
    let peer = address(random, world);
    let local = loop {
        let other = address(random, world);
        if other.is_ipv6() == peer.is_ipv6() {
            break other;
        }
    };
    match way {
        Direction::Egress => (local, peer),
        Direction::Ingress => (peer, local),
    }
}

/// The Ethernet header, with up to three tags of which two are looked behind.
fn link(random: &mut Random, way: Direction, v6: bool) -> Vec<u8> {
    let (source, target) = macs(way);
    let mut link = [&target[..], &source].concat();
    for _ in 0..random.one(&[0, 0, 0, 0, 0, 0, 1, 2, 3]) {
        link.extend(random.one(&[[0x81, 0x00], [0x88, 0xa8]]));
        link.extend(random.port().to_be_bytes());
    }
    link.extend(match random.below(40) {
        0 => [0x08, 0x06],
        1 => [0x88, 0xcc],
        _ if v6 => [0x86, 0xdd],
        _ => [0x08, 0x00],
    });
    link
}

/// A packet, and where it is the first of several fragments another one of them.
fn packet(
    random: &mut Random,
    world: &World,
    (from, to): (IpAddr, IpAddr),
) -> (Vec<u8>, Option<Vec<u8>>) {
    let protocol = match random.below(20) {
        0 | 1 => ICMP,
        2 | 3 => ICMPV6,
        4 => random.one(&[0, 2, 41, 43, 44, 47, 50, 51, 59, 60, 132, 135, 255]),
        5..11 => UDP,
        _ => TCP,
    };
    let carried = match protocol {
        TCP => tcp(random, world),
        UDP => udp(random, world),
        ICMP | ICMPV6 => icmp(random, world, (from, to)),
        _ => vec![0x5a; 20],
    };
    match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            v4(random, [from.octets(), to.octets()], protocol, &carried)
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            v6(random, [from.octets(), to.octets()], protocol, &carried)
        }
        _ => unreachable!("both ends are of one family"),
    }
}

/// A message, many of them errors that quote a packet of the world.
fn icmp(random: &mut Random, world: &World, (from, to): (IpAddr, IpAddr)) -> Vec<u8> {
    let kind = random.one(&[
        0, 1, 2, 3, 3, 4, 5, 8, 11, 12, 127, 128, 130, 133, 137, 138, 143,
    ]);
    let mut message = vec![kind, 0, 0, 0, 0, 0, 0, 0];
    if random.once_in(3) {
        message.extend([0x5a; 16]);
        return message;
    }
    let ends = loop {
        let ends = (to, address(random, world));
        if ends.1.is_ipv6() == from.is_ipv6() {
            break ends;
        }
    };
    let (quoted, _) = packet(random, world, ends);
    let length = if random.once_in(4) {
        random.below(quoted.len())
    } else {
        quoted.len()
    };
    message.extend(&quoted[..length]);
    message
}

fn v4(
    random: &mut Random,
    ends: [[u8; 4]; 2],
    protocol: u8,
    carried: &[u8],
) -> (Vec<u8>, Option<Vec<u8>>) {
    let words = if random.once_in(8) {
        5 + random.below(11)
    } else {
        5
    };
    let (protocol, carried) = match random.below(20) {
        0 => (
            51,
            [authentication(random, protocol), carried.to_vec()].concat(),
        ),
        _ => (protocol, carried.to_vec()),
    };
    let length = u16::try_from(words * 4 + carried.len()).expect("it is short");
    let fragment: u16 = match random.below(16) {
        0 | 1 => 0x2000,
        2 => 1 + random.port() % 0x1fff,
        3 => 0x2000 | (1 + random.port() % 0x1fff),
        _ => 0x4000,
    };
    let version = if random.once_in(60) { 0x50 } else { 0x40 };
    let mut header = vec![1; words * 4]; // options that do nothing, RFC 791 §3.1
    header[0] = version | u8::try_from(words).expect("four bits");
    header[1] = 0;
    header[2..4].copy_from_slice(&length.to_be_bytes());
    header[4..6].copy_from_slice(&random.port().to_be_bytes());
    header[6..8].copy_from_slice(&fragment.to_be_bytes());
    header[8..12].copy_from_slice(&[57, protocol, 0, 0]);
    header[12..16].copy_from_slice(&ends[0]);
    header[16..20].copy_from_slice(&ends[1]);
    let whole = |header: &[u8]| [&summed(header), &carried[..]].concat();
    let later = (fragment == 0x2000).then(|| {
        let offset = random.one(&[0x0001_u16, 0x2003, 0x1fff]);
        let mut header = header.clone();
        header[6..8].copy_from_slice(&offset.to_be_bytes());
        whole(&header)
    });
    (whole(&header), later)
}

/// A header with its checksum.
fn summed(header: &[u8]) -> Vec<u8> {
    let mut header = header.to_vec();
    let sum = !chaos_abi::frame::fold(chaos_abi::frame::sum(&header));
    header[10..12].copy_from_slice(&sum.to_be_bytes());
    header
}

/// RFC 4302 §2: its length counts words of four bytes, less two.
fn authentication(random: &mut Random, next: u8) -> Vec<u8> {
    let words = 1 + random.below(5);
    let mut header = vec![0x77; (words + 2) * 4];
    header[0] = next;
    header[1] = u8::try_from(words).expect("a few");
    header
}

fn v6(
    random: &mut Random,
    ends: [[u8; 16]; 2],
    protocol: u8,
    carried: &[u8],
) -> (Vec<u8>, Option<Vec<u8>>) {
    let (mut next, mut carried) = (protocol, carried.to_vec());
    let mut later = None;
    if random.once_in(3) {
        for _ in 0..random.one(&[1, 1, 2, 3, 8, 9]) {
            let kind = random.one(&[0, 43, 44, 51, 60, 135]);
            let header = extension(random, kind, next);
            if kind == 44 && header[2..4] == [0, 1] {
                let mut other = header.clone();
                other[2..4].copy_from_slice(&random.one(&[[0, 8], [0, 9], [1, 1], [0xff, 0xf8]]));
                later = Some((kind, [&other[..], &[0x5a; 24]].concat()));
            } else if let Some((before, rest)) = later.take() {
                // What stands before the fragment header is in every fragment.
                let mut same = header.clone();
                same[0] = before;
                later = Some((kind, [same, rest].concat()));
            }
            carried = [header, carried].concat();
            next = kind;
        }
    }
    let fixed = |next: u8, carried: &[u8]| {
        let length = u16::try_from(carried.len()).expect("it is short");
        let [high, low] = length.to_be_bytes();
        let fixed = [0x60, 0, 0, 0, high, low, next, 57];
        [&fixed, &ends[0][..], &ends[1], carried].concat()
    };
    (
        fixed(next, &carried),
        later.map(|(next, rest)| fixed(next, &rest)),
    )
}

/// RFC 8200 §4: its length counts words of eight bytes, less one.
fn extension(random: &mut Random, kind: u8, next: u8) -> Vec<u8> {
    match kind {
        44 => {
            let fragment = random.one(&[[0, 0], [0, 1], [0, 1], [0, 1], [0, 8], [0x12, 1], [0, 6]]);
            [&[next, 0][..], &fragment, &random.word().to_be_bytes()].concat()
        }
        51 => authentication(random, next),
        _ => {
            let words = random.below(4);
            let mut header = vec![0; (words + 1) * 8];
            header[0] = next;
            header[1] = u8::try_from(words).expect("a few");
            header
        }
    }
}

fn tcp(random: &mut Random, world: &World) -> Vec<u8> {
    let mut segment = udp(random, world);
    segment.truncate(4);
    segment.extend(random.next().to_be_bytes());
    segment.extend([0x50, random.one(&flags::TOGETHER), 16, 0, 0, 0, 0, 0]);
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
