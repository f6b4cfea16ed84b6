//! What the promises of the delay line need: an engine that is kept going, probes, and statistics.

mod engine;
mod holder;
mod probe;
mod stats;

pub(crate) use engine::{Line, constant, loss};
pub(crate) use holder::{Holder, hold};
pub(crate) use probe::{Probe, Sample, delays, is_in_order};
pub(crate) use stats::{Spread, critical, distance};
