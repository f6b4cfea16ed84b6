//! A frame read as its standards say, one byte after the other.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use chaos_abi::{Direction, Flow, Protocol, mapped};
use chaos_plan::{Matching, PacketWords};

const ETHERNET: usize = 14;
const ICMPV6: u8 = 58;

/// What rules may ask of a packet.
#[derive(Debug)]
pub(crate) struct Read {
    words: PacketWords,
    /// What the kernel calls its flow.
    pub(crate) flow: Flow,
    /// The flags of a TCP segment whose header is there.
    pub(crate) segment: Option<u8>,
}

impl Read {
    /// Whether it satisfies the words of a rule.
    pub(crate) fn meets(&self, matching: &Matching) -> bool {
        matching.takes(&self.words)
    }
}

/// Reads a frame; `None` for one that is not IP, is cut short, or finds neighbours: it passes.
pub(crate) fn read(frame: &[u8], way: Direction) -> Option<Read> {
    let ip = Ip::read(frame.get(12..14)?, frame.get(ETHERNET..)?)?;
    let transport = ip.transport.unwrap_or_default();
    if ip.protocol == ICMPV6 && ip.source.is_ipv6() && is_neighbourly(transport) {
        return None;
    }
    let ports = match (ip.transport, ip.protocol) {
        (Some(tcp), 6) => Some(two_ports(tcp.get(..20)?)),
        (Some(udp), 17) => Some(two_ports(udp.get(..4)?)),
        _ => None,
    };
    let segment = ports.filter(|_| ip.protocol == 6).map(|_| transport[13]);
    let ports = ports.map(|(source, target)| match way {
        Direction::Egress => (source, target),
        Direction::Ingress => (target, source),
    });
    let (local, peer) = match way {
        Direction::Egress => (ip.source, ip.target),
        Direction::Ingress => (ip.target, ip.source),
    };
    let (local_port, peer_port) = ports.unwrap_or_default();
    Some(Read {
        words: PacketWords {
            direction: way,
            protocol: Protocol::from_number(ip.protocol),
            peer,
            ports,
        },
        flow: Flow {
            local: address(local),
            peer: address(peer),
            local_port: local_port.to_be_bytes(),
            peer_port: peer_port.to_be_bytes(),
            protocol: ip.protocol,
            _pad: [0; 3],
        },
        segment,
    })
}

/// An IP packet.
struct Ip<'a> {
    source: IpAddr,
    target: IpAddr,
    protocol: u8,
    /// What it carries; none in a fragment after the first.
    transport: Option<&'a [u8]>,
}

impl<'a> Ip<'a> {
    fn read(ether_type: &[u8], bytes: &'a [u8]) -> Option<Self> {
        match ether_type {
            [0x08, 0x00] => Self::v4(bytes),
            [0x86, 0xdd] => Self::v6(bytes),
            _ => None,
        }
    }

    /// RFC 791 §3.1.
    fn v4(bytes: &'a [u8]) -> Option<Self> {
        let header = bytes.get(..20)?;
        let words = usize::from(header[0] & 0xf);
        let four = |at: usize| {
            IpAddr::V4(Ipv4Addr::new(
                header[at],
                header[at + 1],
                header[at + 2],
                header[at + 3],
            ))
        };
        let offset = u16::from_be_bytes([header[6], header[7]]) & 0x1fff;
        let is_v4 = header[0] >> 4 == 4 && words >= 5;
        is_v4.then(|| Self {
            source: four(12),
            target: four(16),
            protocol: header[9],
            transport: (offset == 0).then(|| bytes.get(words * 4..).unwrap_or_default()),
        })
    }

    /// RFC 8200 §3.
    fn v6(bytes: &'a [u8]) -> Option<Self> {
        let header = bytes.get(..40)?;
        let sixteen = |at: usize| {
            let octets: [u8; 16] = header[at..at + 16].try_into().expect("sixteen of them");
            IpAddr::V6(Ipv6Addr::from_octets(octets))
        };
        (header[0] >> 4 == 6).then(|| Self {
            source: sixteen(8),
            target: sixteen(24),
            protocol: header[6],
            transport: bytes.get(40..),
        })
    }
}

fn is_neighbourly(icmpv6: &[u8]) -> bool {
    icmpv6
        .first()
        .is_some_and(|kind| (133..=137).contains(kind))
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
