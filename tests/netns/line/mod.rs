//! What the promises of the delay line need: an engine that is kept going, probes, and statistics.

mod engine;
mod hits;
mod holder;
mod law;
mod message;
mod probe;
mod stats;

pub(crate) use engine::{Line, constant, loss};
pub(crate) use hits::{Hits, is_share, is_share_of_alike};
pub(crate) use holder::{Holder, hold};
pub(crate) use law::Law;
pub(crate) use message::{Sample, delays, is_in_order, message, receive};
pub(crate) use probe::{Probe, be_on_time};
