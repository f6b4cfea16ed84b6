//! The internet checksum (RFC 1071), in user space.

use super::Layout;

/// The ones' complement sum of some bytes, folded; an odd one counts as if a zero followed.
pub(super) fn sum(bytes: &[u8], before: u64) -> u16 {
    let (words, rest) = bytes.as_chunks::<2>();
    let words = words
        .iter()
        .map(|word| u64::from(u16::from_be_bytes(*word)));
    let rest = rest.first().map_or(0, |byte| u64::from(*byte) << 8);
    fold(before + words.sum::<u64>() + rest)
}

/// The sum of the pseudo-header (RFC 9293 §3.1, RFC 8200 §8.1) of what follows IP's headers.
pub(super) fn pseudo(frame: &[u8], layout: &Layout, protocol: u8) -> u16 {
    let addresses = if layout.v6 {
        layout.l3 + 8..layout.l3 + 40
    } else {
        layout.l3 + 12..layout.l3 + 20
    };
    let length = (layout.end - layout.l4) as u64;
    sum(&frame[addresses], u64::from(protocol) + length)
}

fn fold(sum: u64) -> u16 {
    let mut sum = sum;
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    u16::try_from(sum).expect("it was folded")
}
