//! From a frame to a [`Packet`].

use chaos_abi::{
    Direction, Protocol,
    frame::{IPV4_HEADER, IPV6_HEADER, TCP_HEADER},
    mapped,
};

use super::{FIRST, LATER, Packet, WHOLE};

/// `EtherType`s, IEEE 802.
pub(super) const IPV4: [u8; 2] = [0x08, 0x00];
pub(super) const IPV6: [u8; 2] = [0x86, 0xdd];
const TAG: [u8; 2] = [0x81, 0x00];
const SERVICE_TAG: [u8; 2] = [0x88, 0xa8];

/// Where the `EtherType` stands.
pub(super) const ETHER_TYPE: u32 = 12;
/// VLAN tags that are looked behind; at the ingress hook the kernel has taken the outer one away.
const TAGS: u32 = 2;

/// Extension headers that are looked behind (RFC 8200 §4).
pub const EXTENSIONS: u32 = 8;
const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const AUTHENTICATION: u8 = 51;
const DESTINATION: u8 = 60;
const MOBILITY: u8 = 135;

/// Bytes of the fixed IPv6 header.
const FIXED: u32 = 40;

const ICMP: u8 = 1;
const ICMPV6: u8 = 58;
/// Bytes of an ICMP error before the packet that it quotes (RFC 792, RFC 4443 §3).
const ICMP_HEADER: u32 = 8;
/// The first and the last type of the messages by which multicast listeners (RFC 2710 §3) and then
/// routers and neighbours (RFC 4861 §4) are found.
const UPKEEP: [u8; 2] = [130, 137];
/// The newer report of multicast listeners (RFC 3810 §5.2), which each IPv6 host sends at first.
const LISTENERS: u8 = 143;

/// The bytes of a frame, from its Ethernet header on.
pub trait Frame {
    /// `N` bytes at an offset; `None` where it is shorter.
    fn load<const N: usize>(&self, offset: u32) -> Option<[u8; N]>;

    /// Lets the packet that is read from this frame go behind up to [`EXTENSIONS`] headers.
    fn behind_extensions(&self, packet: &mut Packet) {
        let mut turns = 0..EXTENSIONS;
        while turns.next().is_some() && packet.behind_extension(self) {}
    }
}

impl Frame for [u8] {
    fn load<const N: usize>(&self, offset: u32) -> Option<[u8; N]> {
        self.get(offset as usize..)?.first_chunk().copied()
    }
}

impl Packet {
    /// Reads a frame. `None` for what is not IP, for what keeps the link up (ARP, and its like in
    /// `ICMPv6`), and for what is cut short: it passes.
    pub fn read(&mut self, frame: &(impl Frame + ?Sized), direction: Direction) -> Option<()> {
        self.begin(frame, direction)?;
        if self.may_quote() {
            self.quote(frame);
        }
        Some(())
    }

    /// Reads a frame but for what an ICMP error quotes.
    #[inline(always)]
    pub fn begin(&mut self, frame: &(impl Frame + ?Sized), direction: Direction) -> Option<()> {
        self.clear(direction);
        match self.behind_tags(frame)? {
            IPV4 => {
                let header = frame.load(self.l3)?;
                self.v6 = 0;
                self.ipv4(&header, self.l3)?;
                self.ipv4_ends(&header, direction);
            }
            IPV6 => {
                let header = frame.load(self.l3)?;
                self.v6 = 1;
                self.ipv6(&header, self.l3)?;
                self.ipv6_ends(&header, direction);
            }
            _ => return None,
        }
        self.outer = self.flow.peer;
        self.behind_extensions(frame)?;
        if self.fragment == LATER {
            return Some(());
        }
        match (self.flow.protocol, self.v6) {
            (ICMP, 0) | (ICMPV6, 1) => self.icmp(frame),
            _ => self.transport(frame),
        }
    }

    #[inline(always)]
    fn clear(&mut self, direction: Direction) {
        self.direction = direction as u8;
        (self.seq, self.ack, self.flags) = (0, 0, 0);
        (self.ported, self.segment, self.quotes, self.error) = (0, 0, 0, 0);
        (self.ident, self.fragment_at, self.broken) = (0, 0, 0);
        (self.fragment, self.fragmented) = (WHOLE, 0);
        (self.flow.local_port, self.flow.peer_port) = ([0; 2], [0; 2]);
    }

    /// The `EtherType` behind VLAN tags; the IP header follows it.
    #[inline(always)]
    fn behind_tags(&mut self, frame: &(impl Frame + ?Sized)) -> Option<[u8; 2]> {
        let mut at = ETHER_TYPE;
        let mut kind = frame.load(at)?;
        for _ in 0..TAGS {
            if kind == TAG || kind == SERVICE_TAG {
                at += 4;
                kind = frame.load(at)?;
            }
        }
        self.l3 = at + 2;
        Some(kind)
    }

    /// Reads an IPv4 header but for its options and addresses. `None` where it is not one.
    #[inline(always)]
    fn ipv4(&mut self, header: &[u8; IPV4_HEADER], at: u32) -> Option<()> {
        let words = header[0] & 0x0f;
        if header[0] >> 4 != 4 || words < 5 {
            return None;
        }
        self.pass(header[9], at + u32::from(words) * 4);
        let ident = u16::from_be_bytes([header[4], header[5]]);
        // RFC 791 §3.1: more fragments in bit 2, the offset in bits 3 to 15.
        let later = header[6] & 0x1f != 0 || header[7] != 0;
        self.piece(later, header[6] & 0x20 != 0, u32::from(ident), at + 6);
        Some(())
    }

    /// Takes the addresses of an IPv4 packet that goes this way.
    #[inline(always)]
    fn ipv4_ends(&mut self, header: &[u8; IPV4_HEADER], direction: Direction) {
        let source = mapped([header[12], header[13], header[14], header[15]]);
        let target = mapped([header[16], header[17], header[18], header[19]]);
        self.ends(source, target, direction);
    }

    /// Reads a fixed IPv6 header but for its addresses. `None` where it is not one.
    #[inline(always)]
    fn ipv6(&mut self, header: &[u8; IPV6_HEADER], at: u32) -> Option<()> {
        if header[0] >> 4 != 6 {
            return None;
        }
        self.pass(header[6], at + FIXED);
        Some(())
    }

    /// Takes the addresses of an IPv6 packet that goes this way.
    #[inline(always)]
    fn ipv6_ends(&mut self, header: &[u8; IPV6_HEADER], direction: Direction) {
        let (mut source, mut target) = ([0; 16], [0; 16]);
        source.copy_from_slice(&header[8..24]);
        target.copy_from_slice(&header[24..40]);
        self.ends(source, target, direction);
    }

    #[inline(always)]
    fn ends(&mut self, source: [u8; 16], target: [u8; 16], direction: Direction) {
        (self.flow.local, self.flow.peer) = match direction {
            Direction::Egress => (source, target),
            Direction::Ingress => (target, source),
        };
    }

    /// Notes what a header says of fragments.
    #[inline(always)]
    fn piece(&mut self, later: bool, more: bool, ident: u32, at: u32) {
        if !later && !more {
            return;
        }
        self.fragment = if later { LATER } else { FIRST };
        self.fragmented = self.flow.protocol;
        (self.ident, self.fragment_at) = (ident, at);
    }

    /// Goes behind extension headers, to the protocol that ends them or that is none of them.
    #[inline(always)]
    fn behind_extensions(&mut self, frame: &(impl Frame + ?Sized)) -> Option<()> {
        if self.fragment == LATER || !is_extension(self.flow.protocol, self.v6 != 0) {
            return Some(());
        }
        frame.behind_extensions(self);
        (self.broken == 0).then_some(())
    }

    /// Goes behind one extension header; `false` where there is none, or no other can follow.
    #[inline(always)]
    pub fn behind_extension(&mut self, frame: &(impl Frame + ?Sized)) -> bool {
        let (kind, at) = (self.flow.protocol, self.l4);
        if self.fragment == LATER || !is_extension(kind, self.v6 != 0) {
            return false;
        }
        let Some([next, length, high, low, a, b, c, d]) = frame.load(at) else {
            self.broken = 1;
            return false;
        };
        let bytes = match kind {
            AUTHENTICATION => (u32::from(length) + 2) * 4,
            FRAGMENT => 8,
            _ => (u32::from(length) + 1) * 8,
        };
        self.pass(next, at + bytes);
        if kind == FRAGMENT {
            let later = high != 0 || low & 0xf8 != 0;
            self.piece(
                later,
                low & 1 != 0,
                u32::from_be_bytes([a, b, c, d]),
                at + 2,
            );
        }
        true
    }

    /// Notes how far it has been read.
    #[inline(always)]
    fn pass(&mut self, protocol: u8, to: u32) {
        (self.flow.protocol, self.l4) = (protocol, to);
    }

    /// Reads the header of TCP without its options, or the ports of UDP.
    #[inline(always)]
    fn transport(&mut self, frame: &(impl Frame + ?Sized)) -> Option<()> {
        let direction = self.direction();
        match self.protocol() {
            Protocol::Tcp => self.tcp(&frame.load(self.l4)?),
            Protocol::Udp => self.ports(frame.load(self.l4)?, direction),
            _ => {}
        }
        Some(())
    }

    #[inline(always)]
    fn tcp(&mut self, header: &[u8; TCP_HEADER]) {
        let direction = self.direction();
        self.ports([header[0], header[1], header[2], header[3]], direction);
        self.seq = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
        self.ack = u32::from_be_bytes([header[8], header[9], header[10], header[11]]);
        self.flags = header[13];
        self.segment = 1;
    }

    /// Reads the ports, the first four bytes of TCP and UDP alike.
    #[inline(always)]
    fn ports(&mut self, ports: [u8; 4], direction: Direction) {
        let (source, target) = ([ports[0], ports[1]], [ports[2], ports[3]]);
        (self.flow.local_port, self.flow.peer_port) = match direction {
            Direction::Egress => (source, target),
            Direction::Ingress => (target, source),
        };
        self.ported = 1;
    }

    /// Tells what keeps the link up from the rest, and errors.
    #[inline(always)]
    fn icmp(&mut self, frame: &(impl Frame + ?Sized)) -> Option<()> {
        let Some([kind]) = frame.load(self.l4) else {
            return Some(());
        };
        let upkeep = UPKEEP[0] <= kind && kind <= UPKEEP[1] || kind == LISTENERS;
        if self.is_v6() && upkeep {
            return None;
        }
        self.error = u8::from(is_error(kind, self.is_v6()));
        Some(())
    }

    /// Whether it is an ICMP error, whose quote is still to be read.
    #[inline(always)]
    pub fn may_quote(&self) -> bool {
        self.error != 0
    }

    /// Takes the flow that an error quotes for the packet's own; where the quote is too short there is
    /// none, and the error stays the fragment that it was.
    #[inline(always)]
    pub fn quote(&mut self, frame: &(impl Frame + ?Sized)) {
        let protocol = self.flow.protocol;
        let (fragment, fragmented) = (self.fragment, self.fragmented);
        let (ident, at) = (self.ident, self.fragment_at);
        if self.quoted(frame).is_none() {
            self.flow.protocol = protocol;
            (self.fragment, self.fragmented) = (fragment, fragmented);
            (self.ident, self.fragment_at) = (ident, at);
        }
    }

    /// Reads the packet that an error quotes, which went the other way. Its addresses come last, so
    /// that where it is too short the error has its own.
    #[inline(always)]
    fn quoted(&mut self, frame: &(impl Frame + ?Sized)) -> Option<()> {
        let way = match self.direction() {
            Direction::Egress => Direction::Ingress,
            Direction::Ingress => Direction::Egress,
        };
        let at = self.l4 + ICMP_HEADER;
        self.fragment = WHOLE;
        if self.is_v6() {
            let header = frame.load(at)?;
            self.ipv6(&header, at)?;
            self.quoted_ports(frame, way)?;
            self.ipv6_ends(&header, way);
        } else {
            let header = frame.load(at)?;
            self.ipv4(&header, at)?;
            self.quoted_ports(frame, way)?;
            self.ipv4_ends(&header, way);
        }
        self.quotes = 1;
        Some(())
    }

    /// Reads the ports of a packet that is quoted; that it was a fragment means nothing for the error.
    #[inline(always)]
    fn quoted_ports(&mut self, frame: &(impl Frame + ?Sized), way: Direction) -> Option<()> {
        self.behind_extensions(frame)?;
        let has_ports = matches!(self.protocol(), Protocol::Tcp | Protocol::Udp);
        if self.fragment != LATER && has_ports {
            self.ports(frame.load(self.l4)?, way);
        }
        self.fragment = WHOLE;
        Some(())
    }
}

/// Whether a header is followed by another one that it names. IPv4 has but one of them.
#[inline(always)]
const fn is_extension(protocol: u8, v6: bool) -> bool {
    match protocol {
        AUTHENTICATION => true,
        HOP_BY_HOP | ROUTING | FRAGMENT | DESTINATION | MOBILITY => v6,
        _ => false,
    }
}

/// Whether an ICMP message quotes the packet that it is about (RFC 792, RFC 4443 §2.1).
#[inline(always)]
const fn is_error(kind: u8, v6: bool) -> bool {
    if v6 {
        kind < 128
    } else {
        matches!(kind, 3 | 4 | 5 | 11 | 12)
    }
}
