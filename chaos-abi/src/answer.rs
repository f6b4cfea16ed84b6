//! How `reject` answers an attempt, and the answers that wait for user space to send them.

use bytemuck::{Pod, Zeroable};

/// What refuses an attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum Answer {
    /// A TCP segment with RST and ACK (RFC 9293 §3.10.7).
    TcpReset = 0,
    /// An ICMP error: no such port.
    #[default]
    Port = 1,
    /// An ICMP error: no way to the host.
    Host = 2,
    /// An ICMP error: prohibited by an administrator.
    Admin = 3,
}

/// The lowest of the two bits of [`Rule::flags`](crate::Rule::flags) that hold an [`Answer`].
const SHIFT: u16 = 12;

impl Answer {
    /// The answer that a rule's flags name.
    #[inline(always)]
    pub const fn from_flags(flags: u16) -> Self {
        Self::from_word(flags >> SHIFT)
    }

    /// The answer that the two low bits of a word name.
    #[inline(always)]
    pub const fn from_word(word: u16) -> Self {
        match word & 3 {
            0 => Self::TcpReset,
            1 => Self::Port,
            2 => Self::Host,
            _ => Self::Admin,
        }
    }

    /// Its bits of a rule's flags.
    pub const fn flags(self) -> u16 {
        (self as u16) << SHIFT
    }

    /// Type and code of its ICMP error: destination unreachable, by RFC 792 and RFC 1812 §5.2.7.1, by
    /// RFC 4443 §3.1 in `ICMPv6`.
    #[inline(always)]
    pub const fn icmp(self, v6: bool) -> [u8; 2] {
        match (self, v6) {
            (Self::TcpReset | Self::Port, false) => [3, 3],
            (Self::Host, false) => [3, 1],
            (Self::Admin, false) => [3, 13],
            (Self::TcpReset | Self::Port, true) => [1, 4],
            (Self::Host, true) => [1, 3],
            (Self::Admin, true) => [1, 1],
        }
    }
}

/// Bytes of the longest frame that waits: the headers of a SYN with all its options, in an error.
pub const ANSWER_FRAME: usize = 256;

/// An ICMP error that answers a SYN, as the frame to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Pending {
    /// The interface that the SYN met.
    pub ifindex: u32,
    /// [`MARK_PASS`](crate::MARK_PASS) for one to the target, [`MARK_OUT`](crate::MARK_OUT) for one to
    /// the other end.
    pub mark: u32,
    /// How many bytes of `frame` count.
    pub length: u32,
    /// Zero.
    pub reserved: u32,
    /// From the Ethernet header on.
    pub frame: [u8; ANSWER_FRAME],
}
