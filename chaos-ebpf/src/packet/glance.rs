//! What a plain packet shows at a glance: enough to let most of those pass that no rule is for.

use chaos_abi::{Direction, Protocol, bank};

use super::{
    Frame,
    read::{ETHER_TYPE, IPV4, IPV6},
};

/// Where the IP header of a frame without VLAN tags stands.
const IP: u32 = ETHER_TYPE + 2;
/// The first octet of an IPv4 header without options.
const PLAIN: u8 = 0x45;
/// More fragments and the upper bits of the offset, in the seventh octet of an IPv4 header (RFC 791
/// §3.1).
const FRAGMENTED: u8 = 0x3f;

/// What is known of a packet before it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glance {
    /// The row of traits that it satisfies, see [`bank::traits`].
    pub traits: u32,
    /// The target's port.
    pub local: [u8; 2],
    /// The other end's.
    pub peer: [u8; 2],
}

impl Glance {
    /// Looks at a frame; `None` for what is not TCP or UDP in one piece, right behind an IP header
    /// without options or extension headers: it is to be read.
    #[inline(always)]
    pub fn at(frame: &(impl Frame + ?Sized), direction: Direction, loopback: bool) -> Option<Self> {
        let kind = frame.load(ETHER_TYPE)?;
        let v6 = kind == IPV6;
        let (protocol, ports) = if v6 {
            let header: [u8; 8] = frame.load(IP)?;
            (header[6], IP + 40)
        } else {
            let header: [u8; 10] = frame.load(IP)?;
            let whole = header[6] & FRAGMENTED == 0 && header[7] == 0;
            if kind != IPV4 || header[0] != PLAIN || !whole {
                return None;
            }
            (header[9], IP + 20)
        };
        let protocol = Protocol::from_number(protocol);
        if !matches!(protocol, Protocol::Tcp | Protocol::Udp) {
            return None;
        }
        let [a, b, c, d] = frame.load(ports)?;
        let (local, peer) = match direction {
            Direction::Egress => ([a, b], [c, d]),
            Direction::Ingress => ([c, d], [a, b]),
        };
        Some(Self {
            traits: bank::traits(direction, protocol, v6, true, loopback),
            local,
            peer,
        })
    }
}
