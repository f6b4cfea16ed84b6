//! What the delay line costs, and how well it keeps its word.

mod cost;
mod error;
mod lossy;
mod speed;
mod toxiproxy;

use std::thread;
use std::time::Duration;

use super::{Effort, Figure, Group};
use crate::bed::tcp::{Bulk, Connection, Wire};
use crate::bed::{Pair, Probe};

pub(super) use cost::GROUP as COST;
pub(super) use error::GROUP as ERROR;
pub(super) use lossy::GROUP as LOSSY;
pub(super) use speed::GROUP as SPEED;
pub(super) use toxiproxy::GROUP as TOXIPROXY;

/// How long a stream runs in a new state before it is measured.
const SETTLE: Duration = Duration::from_millis(300);

/// A fault that delays the datagrams of a flow, and nothing else.
fn delayed(latency: &str, flow: &Probe) -> String {
    let port = flow.port();
    format!("delay {latency} --direction egress --proto udp --port {port} --for 10m")
}

/// A stream from the target to its peer that never stops.
fn stream(pair: &Pair) -> Bulk {
    Bulk::start(Connection::open(pair, Wire::V4))
}

/// What the receiver's application reads in a while, in Gbit/s.
fn gbit(stream: &Bulk, sample: Duration) -> f64 {
    thread::sleep(SETTLE);
    stream.speed(sample)
}
