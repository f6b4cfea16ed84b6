//! What the hooks know of a packet: its flow seen from the target, and the TCP fields a RST needs.

use chaos_abi::{
    Direction, Flow, Protocol, bank,
    frame::{IPV4_HEADER, IPV6_HEADER, TCP_HEADER},
    mapped,
};

/// Bits of the TCP flags byte (RFC 9293 §3.1).
pub mod tcp {
    /// Synchronise sequence numbers.
    pub const SYN: u8 = 0x02;
    /// Reset the connection.
    pub const RST: u8 = 0x04;
    /// The acknowledgement field counts.
    pub const ACK: u8 = 0x10;
}

/// The first and the last type of the messages of neighbour discovery (RFC 4861 §4): solicitations
/// and advertisements of routers and neighbours, and redirects.
const NEIGHBOURS: [u8; 2] = [133, 137];

/// `ICMPv6`'s IANA protocol number.
const IPPROTO_ICMPV6: u8 = 58;

/// Offset of the IP header: frames are Ethernet without a tag, whose bytes the kernel keeps apart.
const L3: u32 = 14;

/// One packet, in a form that fits a map value: no `bool`, no `Option`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Packet {
    /// The flow, seen from the target.
    pub flow: Flow,
    /// Offset of the transport header from the start of the frame.
    pub l4: u32,
    /// TCP sequence number; 0 for other protocols.
    pub seq: u32,
    /// TCP acknowledgement number; 0 for other protocols.
    pub ack: u32,
    /// A [`Direction`] as a word.
    direction: u8,
    /// 1 for IPv6.
    v6: u8,
    /// 1 where the packet carries ports.
    ported: u8,
    /// TCP flags; 0 for other protocols.
    pub flags: u8,
}

impl Packet {
    /// Reads an IPv4 header without its options. `None` where it is not one.
    #[inline(always)]
    pub fn ipv4(&mut self, header: &[u8; IPV4_HEADER], direction: Direction) -> Option<()> {
        let words = header[0] & 0x0f;
        if header[0] >> 4 != 4 || words < 5 {
            return None;
        }
        let source = mapped([header[12], header[13], header[14], header[15]]);
        let target = mapped([header[16], header[17], header[18], header[19]]);
        self.addresses(source, target, direction);
        self.flow.protocol = header[9];
        self.l4 = L3 + u32::from(words) * 4;
        self.v6 = 0;
        // A fragment after the first has no transport header (RFC 791 §3.1: offset in bits 3..15).
        let later_fragment = header[6] & 0x1f != 0 || header[7] != 0;
        self.ported = u8::from(!later_fragment && has_ports(header[9]));
        Some(())
    }

    /// Reads a fixed IPv6 header. `None` where it is not one.
    #[inline(always)]
    pub fn ipv6(&mut self, header: &[u8; IPV6_HEADER], direction: Direction) -> Option<()> {
        if header[0] >> 4 != 6 {
            return None;
        }
        let (mut source, mut target) = ([0; 16], [0; 16]);
        source.copy_from_slice(&header[8..24]);
        target.copy_from_slice(&header[24..40]);
        self.addresses(source, target, direction);
        self.flow.protocol = header[6];
        self.l4 = L3 + 40;
        self.v6 = 1;
        self.ported = u8::from(has_ports(header[6]));
        Some(())
    }

    /// Reads the ports, the first four bytes of TCP and UDP alike.
    #[inline(always)]
    pub fn ports(&mut self, header: &[u8; 4]) {
        let (source, target) = ([header[0], header[1]], [header[2], header[3]]);
        (self.flow.local_port, self.flow.peer_port) = match self.direction() {
            Direction::Egress => (source, target),
            Direction::Ingress => (target, source),
        };
    }

    /// Reads a TCP header without its options.
    #[inline(always)]
    pub fn tcp(&mut self, header: &[u8; TCP_HEADER]) {
        self.ports(&[header[0], header[1], header[2], header[3]]);
        self.seq = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
        self.ack = u32::from_be_bytes([header[8], header[9], header[10], header[11]]);
        self.flags = header[13];
    }

    /// Which way it goes, seen from the target.
    #[inline(always)]
    pub fn direction(&self) -> Direction {
        if self.direction == 0 {
            Direction::Ingress
        } else {
            Direction::Egress
        }
    }

    /// Whether it is IPv6.
    #[inline(always)]
    pub fn is_v6(&self) -> bool {
        self.v6 != 0
    }

    /// Whether it carries ports.
    #[inline(always)]
    pub fn has_ports(&self) -> bool {
        self.ported != 0
    }

    /// Its protocol class.
    #[inline(always)]
    pub fn protocol(&self) -> Protocol {
        Protocol::from_number(self.flow.protocol)
    }

    /// Which row of traits it satisfies.
    #[inline(always)]
    pub fn traits(&self) -> u32 {
        bank::traits(
            self.direction(),
            self.protocol(),
            self.is_v6(),
            self.has_ports(),
        )
    }

    /// Whether it is a TCP segment whose header was read.
    #[inline(always)]
    pub fn is_segment(&self) -> bool {
        self.has_ports() && matches!(self.protocol(), Protocol::Tcp)
    }

    /// Whether it is `ICMPv6`, whose messages between neighbours do IPv6 what ARP does IPv4.
    #[inline(always)]
    pub fn is_icmpv6(&self) -> bool {
        self.is_v6() && self.flow.protocol == IPPROTO_ICMPV6
    }

    /// Whether it opens a connection: SYN without ACK.
    #[inline(always)]
    pub fn opens(&self) -> bool {
        self.flags & (tcp::SYN | tcp::ACK) == tcp::SYN
    }

    #[inline(always)]
    fn addresses(&mut self, source: [u8; 16], target: [u8; 16], direction: Direction) {
        self.direction = direction as u8;
        (self.flow.local, self.flow.peer) = match direction {
            Direction::Egress => (source, target),
            Direction::Ingress => (target, source),
        };
        self.flow.local_port = [0; 2];
        self.flow.peer_port = [0; 2];
        self.seq = 0;
        self.ack = 0;
        self.flags = 0;
    }
}

/// Whether an `ICMPv6` message of this type is one of neighbour discovery.
#[inline(always)]
pub const fn is_neighbourly(icmpv6: u8) -> bool {
    NEIGHBOURS[0] <= icmpv6 && icmpv6 <= NEIGHBOURS[1]
}

const fn has_ports(protocol: u8) -> bool {
    matches!(
        Protocol::from_number(protocol),
        Protocol::Tcp | Protocol::Udp
    )
}

#[cfg(test)]
mod tests;
