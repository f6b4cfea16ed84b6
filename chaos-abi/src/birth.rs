//! When a TCP connection began, and who opened it.

use bytemuck::{Pod, Zeroable};

/// Which end of a connection sent the first SYN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Opener {
    /// The target.
    Target = 1,
    /// The other end.
    Peer = 2,
}

/// What is known of a TCP connection's beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Pod, Zeroable)]
#[repr(C)]
pub struct Birth {
    /// Boot-clock nanoseconds at which this was written down.
    pub at: u64,
    /// How many [cuts](crate::Config::cuts) had been made when it began; a connection that was there
    /// before the first one has 0.
    pub cut: u32,
    /// An [`Opener`] as its word; 0 where that is not known.
    pub opener: u32,
}

impl Birth {
    /// Of a connection that nothing is written down of: it did not exist at any cut.
    pub const UNKNOWN: Self = Self {
        at: 0,
        cut: u32::MAX,
        opener: 0,
    };
}

impl Default for Birth {
    fn default() -> Self {
        Self::UNKNOWN
    }
}
