//! Some packets of a GSO packet as one of their own.

use std::ops::Range;

use super::{Frame, Kind, Layout, View, layout::Transport, sum};

// TCP's flags, at their place in the header (RFC 9293 §3.1).
const TCP_FLAGS: usize = 13;
const FIN_PSH: u8 = 0x09;
const CWR: u8 = 0x80;
const TCP_SEQUENCE: usize = 4;
const UDP_LENGTH: usize = 4;

const IPV4_LENGTH: usize = 2;
const IPV4_IDENT: usize = 4;
const IPV4_SUM: usize = 10;
const IPV6_LENGTH: usize = 4;
const IPV6_HEADER: usize = 40;

const IPPROTO_TCP: u8 = 6;
const IPPROTO_UDP: u8 = 17;

/// The packets of `range` out of a GSO packet, as the stack's own segmentation would make them: one
/// is plain, several are a shorter GSO packet. The checksum stays to be made.
pub(in crate::line) fn cut(frame: &View<'_>, layout: &Layout, range: &Range<usize>) -> Frame {
    let size = usize::from(frame.offload.size);
    let (first, end) = (range.start * size, frame.bytes.len() - layout.data);
    let last = (range.end * size).min(end);
    let data = &frame.bytes[layout.data + first..layout.data + last];
    let mut bytes = [&frame.bytes[..layout.data], data].concat();
    let place = Place {
        first: first == 0,
        last: last == end,
        before: first,
        number: range.start,
    };
    let layout = Layout {
        end: bytes.len(),
        ..*layout
    };
    network(&mut bytes, &layout, &place);
    transport(&mut bytes, &layout, &place);
    let mut offload = frame.offload;
    (offload.partial, offload.start) = (true, layout.l4);
    offload.offset = layout.sum().unwrap_or(offload.offset);
    offload.headers = layout.data;
    offload.ecn &= place.first;
    if range.len() < 2 {
        (offload.kind, offload.size, offload.ecn) = (Kind::Plain, 0, false);
    }
    Frame {
        bytes: bytes.into(),
        offload,
    }
}

/// Which part of a GSO packet it is.
struct Place {
    first: bool,
    last: bool,
    /// Bytes of data before it.
    before: usize,
    /// Packets before it.
    number: usize,
}

fn network(bytes: &mut [u8], layout: &Layout, place: &Place) {
    let l3 = layout.l3;
    let length = bytes.len() - l3;
    if layout.v6 {
        put(bytes, l3 + IPV6_LENGTH, length - IPV6_HEADER);
        return;
    }
    put(bytes, l3 + IPV4_LENGTH, length);
    let ident = u16::from_be_bytes([bytes[l3 + IPV4_IDENT], bytes[l3 + IPV4_IDENT + 1]]);
    put(bytes, l3 + IPV4_IDENT, usize::from(ident) + place.number);
    put(bytes, l3 + IPV4_SUM, 0);
    let header = usize::from(bytes[l3] & 0x0f) * 4;
    let sum = !sum::sum(&bytes[l3..l3 + header], 0);
    put(bytes, l3 + IPV4_SUM, usize::from(sum));
}

fn transport(bytes: &mut [u8], layout: &Layout, place: &Place) {
    let l4 = layout.l4;
    let protocol = if let Transport::Udp = layout.transport {
        put(bytes, l4 + UDP_LENGTH, bytes.len() - l4);
        IPPROTO_UDP
    } else {
        let at = l4 + TCP_SEQUENCE..l4 + TCP_SEQUENCE + 4;
        let sequence: [u8; 4] = bytes[at.clone()].try_into().expect("four bytes");
        let before = u32::try_from(place.before).expect("a GSO packet is short");
        let sequence = u32::from_be_bytes(sequence).wrapping_add(before);
        bytes[at].copy_from_slice(&sequence.to_be_bytes());
        // As `tcp_gso_segment` does: the end is the last one's to tell, the cut window the first's.
        if !place.last {
            bytes[l4 + TCP_FLAGS] &= !FIN_PSH;
        }
        if !place.first {
            bytes[l4 + TCP_FLAGS] &= !CWR;
        }
        IPPROTO_TCP
    };
    if let Some(at) = layout.sum() {
        let sum = sum::pseudo(bytes, layout, protocol);
        put(bytes, l4 + usize::from(at), usize::from(sum));
    }
}

/// Puts the low sixteen bits of a number in network order.
fn put(bytes: &mut [u8], at: usize, number: usize) {
    let low = u16::try_from(number & 0xffff).expect("sixteen bits");
    bytes[at..at + 2].copy_from_slice(&low.to_be_bytes());
}
