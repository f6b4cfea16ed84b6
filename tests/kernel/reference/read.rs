//! A frame read as its standards say, one header after the other.

use std::collections::BTreeMap;
use std::net::IpAddr;

use chaos_abi::{Direction, Flow, Protocol, mapped};

use super::ip::Ip;

const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMP: u8 = 1;
const ICMPV6: u8 = 58;

/// First fragments, by direction, source, target, identification and protocol: their ports, and what
/// they carry.
type Firsts = BTreeMap<(u8, IpAddr, IpAddr, u32, u8), ((u16, u16), u8)>;

/// Reads frames, and remembers the first fragments among them.
#[derive(Debug, Default)]
pub(crate) struct Reader(Firsts);

/// One of the things that a packet is to rules.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words {
    pub(crate) direction: Direction,
    pub(crate) protocol: Protocol,
    /// The other end's address.
    pub(crate) peer: IpAddr,
    /// The target's port and the other end's, where they are known.
    pub(crate) ports: Ports,
}

/// What rules may ask of a packet.
#[derive(Debug)]
pub(crate) struct Read {
    /// What it is to rules: of an ICMP error the packet that it quotes, and the error itself.
    pub(crate) words: Vec<Words>,
    /// What the kernel calls its flow.
    pub(crate) flow: Flow,
    /// The way it goes.
    pub(crate) way: Direction,
    /// The flags of a TCP segment whose header is there.
    pub(crate) segment: Option<u8>,
    /// The sequence number of a segment that begins a connection.
    pub(crate) opens: Option<u32>,
    /// The identification of one of several fragments, and whether it is not the first; none of an
    /// error that quotes a packet.
    pub(crate) fragment: Option<(u32, bool)>,
    /// Whether it is what is left of a packet whose first fragment was seen.
    pub(crate) is_rest: bool,
    /// Whether it is a fragment after the first.
    pub(crate) is_later: bool,
    /// Whether it goes from one host to one host.
    pub(crate) is_of_two: bool,
}

impl Read {
    /// Whether it is a datagram of UDP, or part of one, and no error that quotes one.
    pub(crate) fn is_datagram(&self) -> bool {
        self.flow.protocol == UDP && self.words.len() == 1
    }
}

/// Two ports.
type Ports = Option<(u16, u16)>;

impl Reader {
    /// Reads a frame; `None` for one that is not IP, is cut short, or keeps the link up: it passes.
    pub(crate) fn read(&mut self, frame: &[u8], way: Direction) -> Option<Read> {
        let (ether_type, packet) = behind_tags(frame)?;
        let v6 = match ether_type {
            [0x08, 0x00] => false,
            [0x86, 0xdd] => true,
            _ => return None,
        };
        let mut ip = Ip::read(packet, v6)?;
        if let Some(icmp) = ip.transport.filter(|_| is_icmp(ip.protocol, v6)) {
            let kind = icmp.first().copied();
            if v6 && matches!(kind, Some(130..=137 | 143)) {
                return None;
            }
            let quoted = kind.filter(|kind| is_error(*kind, v6));
            let quoted = quoted.and_then(|_| quote(icmp.get(8..)?, v6));
            if let Some((quoted, ports)) = quoted {
                return Some(error(&ip, &quoted, ports, way));
            }
        }
        let mut ports = match (ip.transport, ip.protocol) {
            (Some(tcp), TCP) => Some(two_ports(tcp.get(..20)?)),
            (Some(udp), UDP) => Some(two_ports(udp.get(..4)?)),
            _ => None,
        };
        let segment = ports.filter(|_| ip.protocol == TCP);
        let segment = segment.map(|_| ip.transport.expect("it has ports"));
        let opens = segment.filter(|tcp| tcp[13] & 0x12 == 0x02);
        let is_rest = share(&mut self.0, &mut ip, &mut ports, way);
        Some(Read {
            is_later: ip.fragment.as_ref().is_some_and(|fragment| fragment.later),
            is_of_two: is_source(ip.source) && is_one(ip.target),
            words: vec![words(&ip, ports, way, way)],
            flow: flow(&ip, ports, way),
            way,
            segment: segment.map(|tcp| tcp[13]),
            opens: opens.map(|tcp| u32::from_be_bytes([tcp[4], tcp[5], tcp[6], tcp[7]])),
            fragment: fragment(&ip),
            is_rest,
        })
    }
}

/// Remembers the first fragment of a packet, and gives what it told to one after it; whether it is
/// such a one.
fn share(firsts: &mut Firsts, ip: &mut Ip, ports: &mut Ports, way: Direction) -> bool {
    let Some(fragment) = &ip.fragment else {
        return false;
    };
    let key = (
        way as u8,
        ip.source,
        ip.target,
        fragment.ident,
        fragment.protocol,
    );
    if let (Some(ports), false) = (*ports, fragment.later) {
        firsts.insert(key, (ports, ip.protocol));
    }
    match firsts.get(&key) {
        Some((told, protocol)) if fragment.later => {
            (*ports, ip.protocol) = (Some(*told), *protocol);
            true
        }
        _ => false,
    }
}

/// An ICMP error that quotes a packet, which went the other way.
fn error(ip: &Ip, quoted: &Ip, ports: Ports, way: Direction) -> Read {
    let back = match way {
        Direction::Egress => Direction::Ingress,
        Direction::Ingress => Direction::Egress,
    };
    Read {
        words: vec![words(quoted, ports, back, way), words(ip, None, way, way)],
        flow: flow(quoted, ports, back),
        way,
        segment: None,
        opens: None,
        fragment: None,
        is_rest: false,
        is_later: false,
        is_of_two: true,
    }
}

fn fragment(ip: &Ip) -> Option<(u32, bool)> {
    let fragment = ip.fragment.as_ref();
    fragment.map(|fragment| (fragment.ident, fragment.later))
}

/// The packet that an ICMP error quotes, and its ports; `None` where the quote is too short.
fn quote(bytes: &[u8], v6: bool) -> Option<(Ip<'_>, Ports)> {
    let ip = Ip::read(bytes, v6)?;
    let ports = match ip.transport {
        Some(transport) if matches!(ip.protocol, TCP | UDP) => Some(two_ports(transport.get(..4)?)),
        _ => None,
    };
    Some((ip, ports))
}

/// What rules see of a packet that went `went`, or is quoted by one that goes `goes`.
fn words(ip: &Ip, ports: Ports, went: Direction, goes: Direction) -> Words {
    Words {
        direction: goes,
        protocol: Protocol::from_number(ip.protocol),
        peer: ends(ip.source, ip.target, went).1,
        ports: ports.map(|(source, target)| ends(source, target, went)),
    }
}

fn flow(ip: &Ip, ports: Ports, went: Direction) -> Flow {
    let (local, peer) = ends(ip.source, ip.target, went);
    let (source, target) = ports.unwrap_or_default();
    let (local_port, peer_port) = ends(source, target, went);
    Flow {
        local: address(local),
        peer: address(peer),
        local_port: local_port.to_be_bytes(),
        peer_port: peer_port.to_be_bytes(),
        protocol: ip.protocol,
        _pad: [0; 3],
    }
}

/// Whether an address can be one host's: none of multicast (RFC 1112 §4, RFC 4291 §2.7), broadcast and
/// the classes without use.
fn is_one(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.octets()[0] < 224,
        IpAddr::V6(v6) => !v6.is_multicast(),
    }
}

/// Whether an address can be that of a sender: none of "this host on this network", either (RFC 1122
/// §3.2.1.3, RFC 4291 §2.5.2).
fn is_source(address: IpAddr) -> bool {
    let here = match address {
        IpAddr::V4(v4) => v4.octets()[0] == 0,
        IpAddr::V6(v6) => v6.is_unspecified(),
    };
    is_one(address) && !here
}

/// The target's and the other end's, of a packet's source and target.
fn ends<T>(source: T, target: T, way: Direction) -> (T, T) {
    match way {
        Direction::Egress => (source, target),
        Direction::Ingress => (target, source),
    }
}

/// The `EtherType` behind up to two VLAN tags (IEEE 802.1Q, 802.1ad), and what follows it.
fn behind_tags(frame: &[u8]) -> Option<([u8; 2], &[u8])> {
    let mut at = 12;
    for _ in 0..2 {
        if matches!(frame.get(at..at + 2)?, [0x81, 0x00] | [0x88, 0xa8]) {
            at += 4;
        }
    }
    let ether_type = frame.get(at..at + 2)?;
    Some(([ether_type[0], ether_type[1]], &frame[at + 2..]))
}

fn is_icmp(protocol: u8, v6: bool) -> bool {
    protocol == if v6 { ICMPV6 } else { ICMP }
}

/// RFC 792; RFC 4443 §2.1.
fn is_error(kind: u8, v6: bool) -> bool {
    if v6 {
        kind < 128
    } else {
        [3, 4, 5, 11, 12].contains(&kind)
    }
}

fn two_ports(header: &[u8]) -> (u16, u16) {
    let port = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
    (port(0), port(2))
}

fn address(ip: IpAddr) -> [u8; 16] {
    match ip {
        IpAddr::V4(v4) => mapped(v4.octets()),
        IpAddr::V6(v6) => v6.octets(),
    }
}
