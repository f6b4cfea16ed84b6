//! A bit that the network flipped.

use super::{Frame, Layout, layout::Transport, sum};

/// Bytes of the checksum field.
const FIELD: usize = 2;

/// Completes the checksum of one packet, and flips one bit of what it covers but of its own field:
/// so the receiver finds that it does not fit. `random` chooses the bit.
pub(in crate::line) fn corrupt(frame: &mut Frame, layout: &Layout, random: u64) {
    complete(frame, layout);
    let field = layout.sum().map(|offset| layout.l4 + usize::from(offset));
    let covered = layout.end.min(frame.bytes.len()) - layout.l4;
    let free = covered.saturating_sub(field.map_or(0, |_| FIELD));
    if free == 0 {
        return;
    }
    let bit = usize::try_from(random % (free as u64 * 8)).expect("bits of a frame");
    let mut at = layout.l4 + bit / 8;
    if field.is_some_and(|field| at >= field) {
        at += FIELD;
    }
    frame.bytes[at] ^= 1 << (bit % 8);
}

/// Puts the full checksum where the stack left that to a device, or a UDP sender left it out.
fn complete(frame: &mut Frame, layout: &Layout) {
    let end = layout.end.min(frame.bytes.len());
    let is_udp = layout.transport == Transport::Udp;
    let (start, field) = if frame.offload.partial {
        let start = frame.offload.start;
        (start, start + usize::from(frame.offload.offset))
    } else if is_udp && frame.bytes[layout.l4 + 6..layout.l4 + 8] == [0, 0] {
        let pseudo = sum::pseudo(&frame.bytes, layout, 17);
        frame.bytes[layout.l4 + 6..layout.l4 + 8].copy_from_slice(&pseudo.to_be_bytes());
        (layout.l4, layout.l4 + 6)
    } else {
        return;
    };
    frame.offload.partial = false;
    let Some(covered) = frame.bytes.get(start..end) else {
        return;
    };
    let sum = match !sum::sum(covered, 0) {
        // RFC 768: a sum of zero is sent as all ones.
        0 if is_udp => u16::MAX,
        sum => sum,
    };
    if let Some(field) = frame.bytes.get_mut(field..field + FIELD) {
        field.copy_from_slice(&sum.to_be_bytes());
    }
}
