//! A frame as the device gives and takes it, and what it is on the wire: one packet, or the several
//! that a GSO packet stands for.

mod corrupt;
mod cut;
mod layout;
mod offload;
mod sum;
#[cfg(test)]
mod tests;

use std::ops::Range;

pub(super) use corrupt::corrupt;
pub(super) use cut::cut;
pub(super) use layout::Layout;
pub(super) use offload::{Kind, OFFLOAD, Offload};

/// A frame that is still where it was read to.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    /// From the destination's MAC address on.
    pub(super) bytes: &'a [u8],
    /// What the stack left for later.
    pub(super) offload: Offload,
}

/// A frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// From the destination's MAC address on.
    pub(super) bytes: Box<[u8]>,
    /// What the stack left for later.
    pub(super) offload: Offload,
}

impl View<'_> {
    /// A copy.
    pub(super) fn keep(&self) -> Frame {
        Frame {
            bytes: self.bytes.into(),
            offload: self.offload,
        }
    }
}

impl Frame {
    /// It as a view.
    pub(super) fn view(&self) -> View<'_> {
        View {
            bytes: &self.bytes,
            offload: self.offload,
        }
    }
}

/// How many packets of the wire a frame is, and how long they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segments {
    /// Their number; at least 1.
    pub(super) count: usize,
    /// Bytes of the headers of each, link header included.
    header: usize,
    /// Bytes of data of each but the last.
    size: usize,
    /// Bytes of data of all.
    data: usize,
}

impl Segments {
    pub(super) fn of(frame: &View<'_>, layout: Option<&Layout>) -> Self {
        let length = frame.bytes.len();
        let size = usize::from(frame.offload.size);
        match layout {
            Some(layout) if frame.offload.kind != Kind::Plain && size > 0 => {
                let data = length.saturating_sub(layout.data);
                Self {
                    count: data.div_ceil(size).max(1),
                    header: layout.data,
                    size,
                    data,
                }
            }
            _ => Self {
                count: 1,
                header: 0,
                size: length,
                data: length,
            },
        }
    }

    /// So many of a size.
    #[cfg(test)]
    pub(super) fn for_tests(count: usize, header: usize, size: usize) -> Self {
        Self {
            count,
            header,
            size,
            data: count * size,
        }
    }

    /// Bytes on the wire of some of them.
    pub(super) fn wire(&self, range: &Range<usize>) -> u64 {
        let data = (range.end * self.size).min(self.data) - (range.start * self.size);
        (range.len() * self.header + data) as u64
    }

    /// Bytes on the wire of one that is full.
    pub(super) fn full(&self) -> u64 {
        (self.header + self.size) as u64
    }
}
