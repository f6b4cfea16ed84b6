//! Packets of one flow, built for either direction.

use std::net::{IpAddr, SocketAddr};

use chaos_abi::{Direction, Flow, mapped};

/// The target's MAC address.
pub(crate) const LOCAL_MAC: [u8; 6] = [2, 0, 0, 0, 0, 1];
/// The other end's MAC address.
pub(crate) const PEER_MAC: [u8; 6] = [2, 0, 0, 0, 0, 2];

/// TCP flags, RFC 9293 §3.1.
pub(crate) mod flags {
    pub(crate) const FIN: u8 = 0x01;
    pub(crate) const SYN: u8 = 0x02;
    pub(crate) const RST: u8 = 0x04;
    pub(crate) const PSH: u8 = 0x08;
    pub(crate) const ACK: u8 = 0x10;

    /// Those that segments of a connection carry together.
    pub(crate) const TOGETHER: [u8; 7] =
        [SYN, SYN | ACK, ACK, PSH | ACK, FIN | ACK, RST, RST | ACK];
}

/// What an IP header carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    Tcp { seq: u32, ack: u32, flags: u8 },
    Udp,
    Echo,
    Other(u8),
}

/// A packet between two ends, seen from the target; its direction is said when its frame is built.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    pub(crate) local: SocketAddr,
    pub(crate) peer: SocketAddr,
    pub(crate) body: Body,
    /// Bytes of payload.
    pub(crate) data: usize,
    /// Whether the IPv4 header, and TCP's, have options.
    pub(crate) options: bool,
    /// Offset in eight bytes of a fragment that is not the last; 0 is the first fragment.
    pub(crate) fragment: Option<u16>,
    /// Bytes behind the packet, as short frames have them.
    pub(crate) padding: usize,
}

/// A TCP segment with data.
pub(crate) fn tcp(local: &str, peer: &str) -> Packet {
    let body = Body::Tcp {
        seq: 0x1020_3040,
        ack: 0xa0b0_c0d0,
        flags: flags::PSH | flags::ACK,
    };
    Packet::new(end(local), end(peer), body)
}

/// A UDP datagram.
pub(crate) fn udp(local: &str, peer: &str) -> Packet {
    Packet::new(end(local), end(peer), Body::Udp)
}

/// An echo request of the family's ICMP.
pub(crate) fn echo(local: &str, peer: &str) -> Packet {
    Packet::new(portless(local), portless(peer), Body::Echo)
}

/// A packet of another protocol.
pub(crate) fn other(protocol: u8, local: &str, peer: &str) -> Packet {
    Packet::new(portless(local), portless(peer), Body::Other(protocol))
}

fn end(text: &str) -> SocketAddr {
    text.parse().expect("an address with a port")
}

fn portless(text: &str) -> SocketAddr {
    SocketAddr::new(text.parse().expect("an address"), 0)
}

impl Packet {
    pub(crate) fn new(local: SocketAddr, peer: SocketAddr, body: Body) -> Self {
        Self {
            local,
            peer,
            body,
            data: 33,
            options: false,
            fragment: None,
            padding: 0,
        }
    }

    pub(crate) fn flags(mut self, with: u8) -> Self {
        if let Body::Tcp { flags, .. } = &mut self.body {
            *flags = with;
        }
        self
    }

    pub(crate) fn data(mut self, data: usize) -> Self {
        self.data = data;
        self
    }

    pub(crate) fn options(mut self) -> Self {
        self.options = true;
        self
    }

    pub(crate) fn fragment(mut self, offset: u16) -> Self {
        self.fragment = Some(offset);
        self
    }

    pub(crate) fn padding(mut self, padding: usize) -> Self {
        self.padding = padding;
        self
    }

    pub(crate) fn is_v6(&self) -> bool {
        self.peer.is_ipv6()
    }

    /// Its IANA protocol number.
    pub(crate) fn number(&self) -> u8 {
        match self.body {
            Body::Tcp { .. } => 6,
            Body::Udp => 17,
            Body::Echo if self.is_v6() => 58,
            Body::Echo => 1,
            Body::Other(number) => number,
        }
    }

    /// Whether it carries ports: TCP and UDP do, in the first fragment.
    pub(crate) fn has_ports(&self) -> bool {
        matches!(self.body, Body::Tcp { .. } | Body::Udp) && !matches!(self.fragment, Some(1..))
    }

    /// What the kernel calls its flow.
    pub(crate) fn flow(&self) -> Flow {
        let port = |end: SocketAddr| if self.has_ports() { end.port() } else { 0 };
        Flow {
            local: address(self.local.ip()),
            peer: address(self.peer.ip()),
            local_port: port(self.local).to_be_bytes(),
            peer_port: port(self.peer).to_be_bytes(),
            protocol: self.number(),
            _pad: [0; 3],
        }
    }

    /// Source and destination.
    pub(crate) fn ends(&self, way: Direction) -> (SocketAddr, SocketAddr) {
        match way {
            Direction::Egress => (self.local, self.peer),
            Direction::Ingress => (self.peer, self.local),
        }
    }
}

/// Source and destination MAC address.
pub(crate) fn macs(way: Direction) -> ([u8; 6], [u8; 6]) {
    match way {
        Direction::Egress => (LOCAL_MAC, PEER_MAC),
        Direction::Ingress => (PEER_MAC, LOCAL_MAC),
    }
}

fn address(ip: IpAddr) -> [u8; 16] {
    match ip {
        IpAddr::V4(v4) => mapped(v4.octets()),
        IpAddr::V6(v6) => v6.octets(),
    }
}
