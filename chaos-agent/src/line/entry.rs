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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_that_stood_beside_the_frame_is_where_it_belongs() {
        let header = LineHeader {
            magic: LINE_MAGIC,
            tagged: 1,
            ifindex: 7,
            at: 99,
            rules: [1, 2, 3, 4],
            ..LineHeader::default()
        };
        let frame: Vec<u8> = (100..160).collect();
        let (tag, header_bytes) = ([0x81, 0, 0, 7], bytemuck::bytes_of(&header));
        // As `tun_put_user` writes: the tag behind the first twelve bytes of all.
        let all = [&header_bytes[..MACS], &tag, &header_bytes[MACS..], &frame].concat();
        let (first, rest) = all.split_first_chunk::<HEADER>().unwrap();
        let mut buffer = rest.to_vec();
        let length = buffer.len();
        let entry = Entry::read(&[0; OFFLOAD], first, &mut buffer, length).unwrap();
        assert_eq!(entry.header, header);
        let tagged = [&frame[..MACS], &tag, &frame[MACS..]].concat();
        assert_eq!(buffer[entry.range], tagged);
    }

    #[test]
    fn what_no_hook_wrote_is_left_alone() {
        let mut buffer = vec![0; 100];
        assert!(Entry::read(&[0; OFFLOAD], &[0; HEADER], &mut buffer, 60).is_none());
    }
}
