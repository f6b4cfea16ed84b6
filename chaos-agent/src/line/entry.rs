//! What the device gives for one packet: the header that the hook wrote, and the frame behind it.

use std::ops::Range;

use chaos_abi::{LINE_MAGIC, LineHeader};

use super::wire::{OFFLOAD, Offload};

/// Bytes of a [`LineHeader`].
pub(super) const HEADER: usize = size_of::<LineHeader>();

/// Two MAC addresses; behind them the device puts a tag that stood beside the frame.
const MACS: usize = 12;
const TAG: usize = 4;

/// The shortest frame: a link header.
const SHORTEST: usize = 14;

/// One packet.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) header: LineHeader,
    pub(super) offload: Offload,
    /// Where its frame is in the buffer.
    pub(super) range: Range<usize>,
}

impl Entry {
    /// Reads one whose first bytes are in `header`, and the other `length` in `buffer`. `None` for
    /// what no hook handed over.
    pub(super) fn read(
        offload: &[u8; OFFLOAD],
        header: &[u8; HEADER],
        buffer: &mut [u8],
        length: usize,
    ) -> Option<Self> {
        if length < SHORTEST || length > buffer.len() {
            return None;
        }
        let first: LineHeader = bytemuck::pod_read_unaligned(header);
        if first.magic != LINE_MAGIC {
            return None;
        }
        let offload = Offload::read(offload, HEADER);
        if first.tagged == 0 {
            return Some(Self {
                header: first,
                offload,
                range: 0..length,
            });
        }
        let header = untag(header, buffer);
        Some(Self {
            header,
            offload,
            range: 0..length,
        })
    }
}

/// Takes a tag out of the header and puts it where it belongs. The header's last bytes are the first
/// of the buffer.
fn untag(header: &[u8; HEADER], buffer: &mut [u8]) -> LineHeader {
    let mut whole = [0; HEADER];
    whole[..MACS].copy_from_slice(&header[..MACS]);
    whole[MACS..HEADER - TAG].copy_from_slice(&header[MACS + TAG..]);
    whole[HEADER - TAG..].copy_from_slice(&buffer[..TAG]);
    buffer.copy_within(TAG..TAG + MACS, 0);
    buffer[MACS..MACS + TAG].copy_from_slice(&header[MACS..MACS + TAG]);
    bytemuck::pod_read_unaligned(&whole)
}
