//! A flow as seen from the target pod.

use bytemuck::{Pod, Zeroable};

/// Which way a packet goes, seen from the target pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Direction {
    /// Towards the target.
    Ingress = 0,
    /// Away from the target.
    Egress = 1,
}

/// The protocol classes that rules tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Protocol {
    /// TCP, RFC 9293.
    Tcp = 0,
    /// UDP, RFC 768.
    Udp = 1,
    /// `ICMP` and `ICMPv6`.
    Icmp = 2,
    /// Any other.
    Other = 3,
}

impl Protocol {
    /// The class of an IANA protocol number.
    #[inline(always)]
    pub const fn from_number(number: u8) -> Self {
        match number {
            6 => Self::Tcp,
            17 => Self::Udp,
            1 | 58 => Self::Icmp,
            _ => Self::Other,
        }
    }
}

/// Both ends of a connection or exchange, seen from the target: the key of per-connection draws.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Pod, Zeroable)]
#[repr(C, align(8))]
pub struct Flow {
    /// The target's address.
    pub local: [u8; 16],
    /// The other end's address.
    pub peer: [u8; 16],
    /// The target's port, in network order; 0 where the protocol has none.
    pub local_port: [u8; 2],
    /// The other end's port, in network order; 0 where the protocol has none.
    pub peer_port: [u8; 2],
    /// IANA protocol number.
    pub protocol: u8,
    /// Always zero.
    pub _pad: [u8; 3],
}

/// What the fragments of one packet have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Pod, Zeroable)]
#[repr(C)]
pub struct FragmentKey {
    /// The target's address.
    pub local: [u8; 16],
    /// The other end's address.
    pub peer: [u8; 16],
    /// The identification field.
    pub ident: u32,
    /// IANA protocol number; 0 for IPv6, which does not tell fragments apart by it.
    pub protocol: u8,
    /// A [`Direction`] as a word.
    pub direction: u8,
    /// 1 for IPv6.
    pub v6: u8,
    /// Always zero.
    pub _pad: u8,
}

/// What only the first fragment of a packet tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct FragmentFlow {
    /// The target's port, in network order.
    pub local_port: [u8; 2],
    /// The other end's port, in network order.
    pub peer_port: [u8; 2],
    /// IANA protocol number.
    pub protocol: u8,
    /// Always zero.
    pub _pad: [u8; 3],
}

/// The v4-mapped form of an IPv4 address (RFC 4291 §2.5.5.2), made as a number: an array of
/// constants would be a `memset` to the BPF compiler.
#[inline(always)]
pub const fn mapped(v4: [u8; 4]) -> [u8; 16] {
    (0xffff_0000_0000 | u32::from_be_bytes(v4) as u128).to_be_bytes()
}
