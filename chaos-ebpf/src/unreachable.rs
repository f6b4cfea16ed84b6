//! ICMP errors that say that a destination is out of reach, made from the packet that they answer.

use chaos_abi::{
    Answer, Direction, Flow,
    frame::{IPV4_HEADER, fold, sum},
};

/// Bytes of an ICMP error before its quote (RFC 792, RFC 4443 §3.1).
const ICMP: u16 = 8;

/// Bytes of the headers in front of a quote, IP's included.
pub const HEAD_V4: u16 = 20 + ICMP;
/// The same for IPv6.
pub const HEAD_V6: u16 = 40 + ICMP;

/// The longest error: every host takes 576 bytes (RFC 1812 §4.3.2.3), headers included.
pub const LONGEST_V4: u16 = 576;
/// The same for IPv6: the least MTU (RFC 4443 §2.4 (c)).
pub const LONGEST_V6: u16 = 1280;

const ICMPV6: u8 = 58;

/// An error that quotes the packet which it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreachable<'a> {
    /// The flow of the packet.
    pub flow: &'a Flow,
    /// Which way the packet went.
    pub went: Direction,
    /// What the error says: an [`Answer`] as its word.
    pub answer: u16,
    /// Bytes of the quote.
    pub length: u16,
    /// The quote's ones' complement sum, folded.
    pub sum: u16,
}

impl Unreachable<'_> {
    /// The headers of the error in IPv4, from the address that the packet was sent to, with the
    /// precedence of a router's word (RFC 1812 §4.3.2.5).
    #[inline(always)]
    pub fn v4(&self) -> [u8; HEAD_V4 as usize] {
        let (from, to) = self.ends();
        let [high, low] = (self.length + HEAD_V4).to_be_bytes();
        let [kind, code] = Answer::from_word(self.answer).icmp(false);
        let mut head = [
            0x45, 0xc0, high, low, 0, 0, 0x40, 0, 64, 1, 0, 0, from[12], from[13], from[14],
            from[15], to[12], to[13], to[14], to[15], kind, code, 0, 0, 0, 0, 0, 0,
        ];
        let (ip, icmp) = head.split_at(IPV4_HEADER);
        let (ip, icmp) = (sum(ip), sum(icmp) + u32::from(self.sum));
        [head[10], head[11]] = (!fold(ip)).to_be_bytes();
        [head[22], head[23]] = (!fold(icmp)).to_be_bytes();
        head
    }

    /// The headers of the error in IPv6: what stands before source and target, and what follows them.
    #[inline(always)]
    pub fn v6(&self) -> ([u8; 8], [u8; ICMP as usize]) {
        let (from, to) = self.ends();
        let length = self.length + ICMP;
        let [high, low] = length.to_be_bytes();
        let [kind, code] = Answer::from_word(self.answer).icmp(true);
        let pseudo = sum(from) + sum(to) + u32::from(length) + u32::from(ICMPV6);
        let said = u32::from(u16::from_be_bytes([kind, code]));
        let [check, sum] = (!fold(pseudo + said + u32::from(self.sum))).to_be_bytes();
        let fixed = [0x60, 0, 0, 0, high, low, ICMPV6, 64];
        (fixed, [kind, code, check, sum, 0, 0, 0, 0])
    }

    /// Source and target of the error.
    #[inline(always)]
    pub fn ends(&self) -> (&[u8; 16], &[u8; 16]) {
        match self.went {
            Direction::Egress => (&self.flow.peer, &self.flow.local),
            Direction::Ingress => (&self.flow.local, &self.flow.peer),
        }
    }
}

/// The two bytes that make whoever completes a checksum (`CHECKSUM_PARTIAL`) write `field` where
/// `field` stands: `sum` is that of all bytes which are summed then, `field` among them.
#[inline(always)]
pub const fn pad(field: u16, sum: u16) -> u16 {
    !fold(field as u32 + sum as u32)
}

#[cfg(test)]
mod tests;
