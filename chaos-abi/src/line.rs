//! The delay line: what a hook writes in front of a frame that it hands over, and what the line
//! tells the hooks.

use bytemuck::{Pod, Zeroable};

/// Rules that may act on one packet in the line.
pub const LINE_RULES: usize = 4;

/// In [`LineHeader::rules`]: no rule.
pub const NO_RULE: u16 = u16::MAX;

/// The first word of a [`LineHeader`].
pub const LINE_MAGIC: u32 = 0x6e66_6c31;

/// How long, in nanoseconds, the line may take to answer to a packet that it was handed; then it is
/// handed no more until it does.
pub const LINE_STALE: u64 = 50_000_000;

/// How far apart the line's answers are while packets come, in nanoseconds.
pub const LINE_BEAT: u64 = 5_000_000;

/// Ways back that a line can name; the rest lose their mark and priority.
pub const MAX_TICKETS: usize = 256;

/// Upper half of the `skb->mark` of a packet that comes back from the line; the lower half is its
/// ticket. Our hooks put back the mark that it had, and let it pass.
pub const MARK_LINE: u32 = 0x6e67_0000;

/// What stands in front of a frame that was handed to the line.
///
/// Where the frame had a VLAN tag beside it, the device puts that behind the first twelve bytes, as
/// into any frame: [`tagged`](Self::tagged) tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct LineHeader {
    /// [`LINE_MAGIC`].
    pub magic: u32,
    /// 1: four bytes of VLAN tag stand behind the first twelve.
    pub tagged: u32,
    /// The interface that it was met on.
    pub ifindex: u32,
    /// `skb->mark`.
    pub mark: u32,
    /// Boot-clock nanoseconds at the hook.
    pub at: u64,
    /// What tells its flow from others, the same in both directions.
    pub flow: u64,
    /// Of a SYN its sequence number, plus 2³²; else 0. It tells a connection from an earlier one of
    /// the same flow.
    pub opened: u64,
    /// `skb->priority`.
    pub priority: u32,
    /// A [`Direction`](crate::Direction) as a word.
    pub direction: u32,
    /// The slots of the rules that hit it; the rest are [`NO_RULE`].
    pub rules: [u16; LINE_RULES],
}

/// What the line and the hooks tell each other: a hook when it waits for an answer, the line by
/// writing all of it anew that it lives. One that is handed nothing need not say so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct LineState {
    /// The line's device; 0 where there is none.
    pub ifindex: u32,
    /// Always zero.
    pub _pad: u32,
    /// When the first packet was handed over after the line's latest answer, in boot-clock
    /// nanoseconds; 0 where none was.
    pub asked: u64,
}

/// Where a packet goes that comes back from the line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Pod, Zeroable)]
#[repr(C)]
pub struct Ticket {
    /// The interface that it was met on; 0 in a ticket that was not given out.
    pub ifindex: u32,
    /// A [`Direction`](crate::Direction) as a word.
    pub direction: u32,
    /// `skb->mark` as it was.
    pub mark: u32,
    /// `skb->priority` as it was.
    pub priority: u32,
}
