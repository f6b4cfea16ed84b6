//! The pure parts of netfault's kernel programs: reading headers, judging a packet, making its answer.
//!
//! Nothing here calls the kernel, so the same code runs in the hooks and under `cargo test`.
#![cfg_attr(not(test), no_std)]

mod decide;
mod draw;
mod matching;
mod packet;
mod segment;
mod unreachable;

pub use decide::{Case, Fate, Hit};
pub use draw::{Losses, drawn, hash, lost};
pub use matching::{Matched, Tables, misses};
pub use packet::{EXTENSIONS, Frame, Glance, Packet, tcp};
pub use segment::Segment;
pub use unreachable::{HEAD_V4, HEAD_V6, LONGEST_V4, LONGEST_V6, Unreachable, pad};
