//! What the promises of the delay line need: an engine that is kept going, probes, and statistics.

mod engine;
mod hits;
mod holder;
mod law;
mod stats;

pub(crate) use chaos_tests::bed::message::{delays, is_in_order, message, receive};
pub(crate) use chaos_tests::bed::probe::be_on_time;
pub(crate) use chaos_tests::bed::{Probe, Sample};
pub(crate) use engine::{Line, constant, loss, on_a_line_of_its_own};
pub(crate) use hits::{Hits, is_share, is_share_of_alike};
pub(crate) use holder::{Holder, hold};
pub(crate) use law::Law;
pub(crate) use stats::Spread;
