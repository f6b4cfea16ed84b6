//! What the kernel tells user space as it happens, through the ring buffer.

use bytemuck::{Pod, Zeroable};

use crate::Flow;

/// The kinds of [`Event`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum EventKind {
    /// A rule met its first packet.
    FirstHit = 1,
    /// A connection was reset by one of its packets, or while idle.
    Reset = 2,
    /// A new connection was refused.
    Refused = 3,
    /// A rule met a packet after its deadline; sent once a rule.
    Expired = 4,
}

impl EventKind {
    /// The kind an event's word stands for; `None` for a word this version does not know.
    pub const fn from_word(word: u32) -> Option<Self> {
        match word {
            1 => Some(Self::FirstHit),
            2 => Some(Self::Reset),
            3 => Some(Self::Refused),
            4 => Some(Self::Expired),
            _ => None,
        }
    }
}

/// One record of the ring buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Event {
    /// Boot-clock nanoseconds.
    pub at: u64,
    /// An [`EventKind`] as its word.
    pub kind: u32,
    /// The rule's slot.
    pub slot: u32,
    /// The flow it happened to.
    pub flow: Flow,
    /// The sequence number of the SYN that was refused, which tells one attempt from a later one
    /// from the same port; 0 for other kinds.
    pub syn: u32,
    /// Zero.
    pub reserved: u32,
}
