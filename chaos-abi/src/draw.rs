//! What is kept of connections for the draws of a share.

use bytemuck::{Pod, Zeroable};

use crate::Flow;

/// Whose connection, or which of its fragmented packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Pod, Zeroable)]
#[repr(C)]
pub struct DrawKey {
    /// The connection.
    pub flow: Flow,
    /// A rule's [`block`](crate::Rule::block).
    pub block: u32,
    /// 0 for the connection itself, another word for a packet of it that was cut into fragments.
    pub place: u32,
}

/// A connection as a block knows it.
///
/// Of a fragmented packet `opened` is its identification and `number` 1 where it was lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Drawn {
    /// Which of the connections that the block met, from 1 on; 0 for a moment before it is told.
    pub number: u64,
    /// The sequence number of the SYN that it began with, plus 2³²; 0 where none was seen.
    pub opened: u64,
    /// How many of its packets were drawn, by [`Direction`](crate::Direction).
    pub packets: [u64; 2],
}
