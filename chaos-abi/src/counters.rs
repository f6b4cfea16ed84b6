//! What the hooks count, per CPU.

use bytemuck::{Pod, Zeroable};

/// What one rule did, in packets as the hook sees them (a GSO packet counts as one).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Counters {
    /// Packets that matched while the rule was in force; the sum of the fates below.
    pub matched: u64,
    /// Their bytes, link header included.
    pub matched_bytes: u64,
    /// Matched, but the connection, or by a loss rule the packet, was not drawn.
    pub undrawn: u64,
    /// Matched and drawn, but another rule's action won.
    pub outranked: u64,
    /// Dropped silently.
    pub dropped: u64,
    /// Answered with RST to both ends.
    pub reset: u64,
    /// New attempts refused: connections, and datagrams that `reject` answers.
    pub refused: u64,
    /// Let through by a reset rule: RST segments of the ends themselves, and fragments without a TCP
    /// header. By a reject rule: all that is no attempt.
    pub let_through: u64,
    /// Handed to the delay line.
    pub diverted: u64,
    /// Meant for the delay line, but it gave no sign of life, or as many rules as it takes had the
    /// packet already; passed on as it was.
    pub bypassed: u64,
    /// Meant to be answered, but the kernel could not make the answer; dropped instead.
    pub failed: u64,
    /// Connections reset without a passing packet.
    pub idle_reset: u64,
    /// Packets that the fault spares: of probes, and to or from a peer that it excepts; not part of
    /// `matched`.
    pub spared: u64,
    /// Packets that matched after the rule's deadline, and passed.
    pub expired: u64,
    /// Packets that matched while the holder's lease was over, and passed.
    pub lapsed: u64,
    /// Matched, but its connection found no room to be numbered: a connection was drawn by its flow, a
    /// packet by chance. Part of `matched`.
    pub unnumbered: u64,
    /// Boot-clock nanoseconds of the first hit on this CPU; 0 before it.
    pub first: u64,
    /// Boot-clock nanoseconds of the latest hit on this CPU.
    pub last: u64,
}

/// The interface and direction a [`Seen`] belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Pod, Zeroable)]
#[repr(C)]
pub struct SeenKey {
    /// Interface index.
    pub ifindex: u32,
    /// A [`Direction`](crate::Direction) as a word.
    pub direction: u32,
}

/// All packets that a hook saw, matched or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Seen {
    /// Packets.
    pub packets: u64,
    /// Their bytes, link header included.
    pub bytes: u64,
}
