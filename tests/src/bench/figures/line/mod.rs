//! What the delay line costs, and how well it keeps its word.

mod cost;
mod error;
mod lossy;
mod speed;
mod toxiproxy;

use std::thread;
use std::time::{Duration, Instant};

use super::{Effort, Figure, Group};
use crate::bed::Pair;
use crate::bed::tcp::{Bulk, Connection, Wire};

pub(super) use cost::GROUP as COST;
pub(super) use error::GROUP as ERROR;
pub(super) use lossy::GROUP as LOSSY;
pub(super) use speed::GROUP as SPEED;
pub(super) use toxiproxy::GROUP as TOXIPROXY;

/// How long a stream runs in a new state before it is measured.
const SETTLE: Duration = Duration::from_millis(300);

/// A stream from the target to its peer that never stops.
fn stream(pair: &Pair) -> Bulk {
    Bulk::start(Connection::open(pair, Wire::V4))
}

/// What the receiver's application reads in a while, in Gbit/s.
fn gbit(stream: &Bulk, sample: Duration) -> f64 {
    thread::sleep(SETTLE);
    let (start, before) = (Instant::now(), stream.received());
    thread::sleep(sample);
    let bytes = stream.received() - before;
    #[expect(clippy::cast_precision_loss, reason = "a second's bytes are exact")]
    let bits = bytes as f64 * 8.0;
    bits / start.elapsed().as_secs_f64() / 1e9
}
