//! Frames: header sizes, the internet checksum, and the frame that names a flow to the actor.

use crate::Flow;

/// Bytes of an Ethernet header without a tag.
pub const ETH_HEADER: usize = 14;
/// Bytes of an IPv4 header without options.
pub const IPV4_HEADER: usize = 20;
/// Bytes of the fixed IPv6 header.
pub const IPV6_HEADER: usize = 40;
/// Bytes of a TCP header without options.
pub const TCP_HEADER: usize = 20;
/// TCP's IANA protocol number.
pub const IPPROTO_TCP: u8 = 6;

/// Bytes of the longest [`skeleton`].
pub const SKELETON: usize = ETH_HEADER + IPV6_HEADER + TCP_HEADER;

/// The frame that names a connection to the actor: an Ethernet header of zeroes, the IP header of
/// a segment from the target to the peer, and its ports. Returns the bytes and how many count.
pub fn skeleton(flow: &Flow, v6: bool) -> ([u8; SKELETON], usize) {
    let mut frame = [0; SKELETON];
    let l4 = if v6 {
        ipv6(&mut frame, flow);
        ETH_HEADER + IPV6_HEADER
    } else {
        ipv4(&mut frame, flow);
        ETH_HEADER + IPV4_HEADER
    };
    frame[l4..l4 + 2].copy_from_slice(&flow.local_port);
    frame[l4 + 2..l4 + 4].copy_from_slice(&flow.peer_port);
    frame[l4 + 12] = 0x50; // five words of header
    frame[l4 + 13] = 0x10; // ACK
    (frame, l4 + TCP_HEADER)
}

fn ipv4(frame: &mut [u8; SKELETON], flow: &Flow) {
    frame[12..14].copy_from_slice(&[0x08, 0x00]);
    let ip = &mut frame[ETH_HEADER..ETH_HEADER + IPV4_HEADER];
    ip[0] = 0x45;
    ip[2..4].copy_from_slice(&40u16.to_be_bytes());
    ip[6] = 0x40; // don't fragment
    ip[8] = 64;
    ip[9] = IPPROTO_TCP;
    ip[12..16].copy_from_slice(&flow.local[12..]);
    ip[16..20].copy_from_slice(&flow.peer[12..]);
    let check = !fold(sum(ip));
    ip[10..12].copy_from_slice(&check.to_be_bytes());
}

fn ipv6(frame: &mut [u8; SKELETON], flow: &Flow) {
    frame[12..14].copy_from_slice(&[0x86, 0xdd]);
    let ip = &mut frame[ETH_HEADER..ETH_HEADER + IPV6_HEADER];
    ip[0] = 0x60;
    ip[4..6].copy_from_slice(&20u16.to_be_bytes());
    ip[6] = IPPROTO_TCP;
    ip[7] = 64;
    ip[8..24].copy_from_slice(&flow.local);
    ip[24..40].copy_from_slice(&flow.peer);
}

/// The ones' complement sum (RFC 1071) of an even number of bytes, not yet folded. The ffff of a
/// v4-mapped address is a zero of that sum, so mapped addresses add up as the plain ones do.
#[inline(always)]
pub fn sum(bytes: &[u8]) -> u32 {
    let mut sum = 0;
    let mut i = 0;
    while i + 1 < bytes.len() {
        sum += u32::from(u16::from_be_bytes([bytes[i], bytes[i + 1]]));
        i += 2;
    }
    sum
}

/// A [`sum`] folded to the sixteen bits of a checksum field, not complemented.
#[inline(always)]
pub const fn fold(sum: u32) -> u16 {
    let once = (sum & 0xffff) + (sum >> 16);
    let [_, _, high, low] = ((once & 0xffff) + (once >> 16)).to_be_bytes();
    u16::from_be_bytes([high, low])
}

#[cfg(test)]
mod tests;
