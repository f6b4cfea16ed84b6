//! The translator: faults in user words become a table of kernel rules, a table becomes the
//! operations that bring the kernel to it, and counters become receipts.
//!
//! Everything here is pure. This crate knows no tokio, no Kubernetes client, no clock, no random
//! source and no I/O: times and seeds are arguments.
#![forbid(unsafe_code)]

mod diff;
mod explain;
mod image;
mod lower;
mod matching;
mod parts;
mod ports;
mod prefixes;
mod raise;
mod table;
mod words;

pub use diff::{Op, diff};
pub use explain::explain;
pub use image::Image;
pub use lower::{LowerError, lower};
pub use matching::{Matching, PacketWords, matches, meets};
pub use raise::{Clock, Life, Observed, raise, total};
pub use table::{Fault, PlannedRule, RuleId, Table};
