//! What the hooks know of a packet: its flow seen from the target, and the TCP fields a RST needs.

mod glance;
mod read;

use chaos_abi::{Direction, Flow, FragmentFlow, FragmentKey, Opener, Protocol, bank};

pub use glance::Glance;
pub use read::{EXTENSIONS, Frame};

/// Bits of the TCP flags byte (RFC 9293 §3.1).
pub mod tcp {
    /// Synchronise sequence numbers.
    pub const SYN: u8 = 0x02;
    /// Reset the connection.
    pub const RST: u8 = 0x04;
    /// The acknowledgement field counts.
    pub const ACK: u8 = 0x10;
}

/// The first octet of multicast, reserved and broadcast IPv4 addresses (RFC 1112 §4).
const MULTICAST: u8 = 224;

/// Not a fragment, or one that is the whole packet (RFC 6946).
const WHOLE: u8 = 0;
/// The first of several.
const FIRST: u8 = 1;
/// One of those after it, which have no transport header.
const LATER: u8 = 2;

/// One packet, in a form that fits a map value: no `bool`, no `Option`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Packet {
    /// The flow, seen from the target; of an ICMP error the one that it quotes.
    pub flow: Flow,
    /// The other end of the packet itself.
    outer: [u8; 16],
    /// Offset of the IP header from the start of the frame.
    pub l3: u32,
    /// Offset of the transport header from the start of the frame.
    pub l4: u32,
    /// TCP sequence number; 0 for other protocols.
    pub seq: u32,
    /// TCP acknowledgement number; 0 for other protocols.
    pub ack: u32,
    /// What the fragments of one packet have in common.
    ident: u32,
    /// Offset of the word that makes the packet a fragment; 0 in one that is none.
    pub fragment_at: u32,
    /// The protocol that its fragments name.
    fragmented: u8,
    /// [`WHOLE`], [`FIRST`] or [`LATER`].
    fragment: u8,
    /// A [`Direction`] as a word.
    direction: u8,
    /// 1 for IPv6.
    v6: u8,
    /// 1 where its ports are known.
    ported: u8,
    /// 1 where it is a TCP segment whose header was read.
    segment: u8,
    /// 1 for an ICMP error.
    error: u8,
    /// 1 for one that quotes the flow.
    quotes: u8,
    /// 1 where it ends within its headers.
    broken: u8,
    /// TCP flags; 0 for other protocols.
    pub flags: u8,
    /// 1 on the loopback interface.
    loopback: u8,
}

impl Packet {
    /// Which way it goes, seen from the target.
    #[inline(always)]
    pub fn direction(&self) -> Direction {
        if self.direction == 0 {
            Direction::Ingress
        } else {
            Direction::Egress
        }
    }

    /// Says whether it is on the loopback interface.
    #[inline(always)]
    pub fn set_loopback(&mut self, loopback: bool) {
        self.loopback = u8::from(loopback);
    }

    /// Whether it is on the loopback interface.
    #[inline(always)]
    pub fn is_loopback(&self) -> bool {
        self.loopback != 0
    }

    /// Whether it is IPv6.
    #[inline(always)]
    pub fn is_v6(&self) -> bool {
        self.v6 != 0
    }

    /// Whether its ports are known.
    #[inline(always)]
    pub fn has_ports(&self) -> bool {
        self.ported != 0
    }

    /// As how many things rules may mean it: as one, a packet of its flow, or for an ICMP error that
    /// quotes the flow as two, of which the second is itself.
    #[inline(always)]
    pub fn identities(&self) -> u32 {
        1 + u32::from(self.quotes)
    }

    /// The other end of the packet itself, be its flow quoted or not.
    #[inline(always)]
    pub fn outer(&self) -> &[u8; 16] {
        &self.outer
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
            self.is_loopback(),
        )
    }

    /// Which row of traits an ICMP error satisfies, whatever it quotes.
    #[inline(always)]
    pub fn outer_traits(&self) -> u32 {
        let (v6, loopback) = (self.is_v6(), self.is_loopback());
        bank::traits(self.direction(), Protocol::Icmp, v6, false, loopback)
    }

    /// Whether it is a TCP segment whose header was read.
    #[inline(always)]
    pub fn is_segment(&self) -> bool {
        self.segment != 0
    }

    /// Whether it is the first of several fragments.
    #[inline(always)]
    pub fn is_first_fragment(&self) -> bool {
        self.fragment == FIRST
    }

    /// Whether it is a fragment after the first.
    #[inline(always)]
    pub fn is_later_fragment(&self) -> bool {
        self.fragment == LATER
    }

    /// What the fragments of one packet have in common (RFC 791 §3.2, RFC 8200 §4.5).
    #[inline(always)]
    pub fn fragment_key(&self) -> FragmentKey {
        FragmentKey {
            local: self.flow.local,
            peer: self.flow.peer,
            ident: self.ident,
            protocol: if self.is_v6() { 0 } else { self.fragmented },
            direction: self.direction,
            v6: self.v6,
            _pad: 0,
        }
    }

    /// What a first fragment tells about those after it.
    #[inline(always)]
    pub fn fragment_flow(&self) -> FragmentFlow {
        FragmentFlow {
            local_port: self.flow.local_port,
            peer_port: self.flow.peer_port,
            protocol: self.flow.protocol,
            _pad: [0; 3],
        }
    }

    /// Takes over what the first fragment told.
    #[inline(always)]
    pub fn continues(&mut self, first: &FragmentFlow) {
        self.flow.local_port = first.local_port;
        self.flow.peer_port = first.peer_port;
        self.flow.protocol = first.protocol;
        self.ported = 1;
    }

    /// Whether `reject` refuses it: a connection's beginning, or a datagram. Nothing is answered to
    /// ICMP (RFC 1122 §3.2.2).
    #[inline(always)]
    pub fn attempts(&self) -> bool {
        if self.is_segment() {
            return self.opens() && self.flags & tcp::RST == 0;
        }
        self.error == 0 && matches!(self.protocol(), Protocol::Udp)
    }

    /// Whether it goes from one host to one host, without which nothing is answered (RFC 1122
    /// §3.2.2, RFC 4443 §2.4 (e)).
    #[inline(always)]
    pub fn is_of_two(&self) -> bool {
        let (from, to) = match self.direction() {
            Direction::Egress => (&self.flow.local, &self.flow.peer),
            Direction::Ingress => (&self.flow.peer, &self.flow.local),
        };
        if self.is_v6() {
            return u128::from_be_bytes(*from) != 0 && from[0] != 0xff && to[0] != 0xff;
        }
        from[12] != 0 && from[12] < MULTICAST && to[12] < MULTICAST
    }

    /// What tells its fragments from those of another packet of its flow.
    #[inline(always)]
    pub fn ident(&self) -> u32 {
        self.ident
    }

    /// Where a block keeps what became of its first fragment: eight packets of a flow each way.
    #[inline(always)]
    pub fn place(&self) -> u32 {
        1 + ((self.ident % 8) << 1 | u32::from(self.direction))
    }

    /// Its sequence number, plus 2³², where it opens a connection; 0 where it does not.
    #[inline(always)]
    pub fn opening(&self) -> u64 {
        if self.opens() {
            1 << 32 | u64::from(self.seq)
        } else {
            0
        }
    }

    /// Whether it opens a connection: SYN without ACK.
    #[inline(always)]
    pub fn opens(&self) -> bool {
        self.flags & (tcp::SYN | tcp::ACK) == tcp::SYN
    }

    /// Who opens the connection that it begins, by SYN or by the answer to one; `None` for a packet
    /// that begins none.
    #[inline(always)]
    pub fn begins(&self) -> Option<Opener> {
        if !self.is_segment() || self.flags & tcp::SYN == 0 {
            return None;
        }
        let leaves = self.direction != 0;
        Some(if leaves == self.opens() {
            Opener::Target
        } else {
            Opener::Peer
        })
    }
}

#[cfg(test)]
mod tests;
