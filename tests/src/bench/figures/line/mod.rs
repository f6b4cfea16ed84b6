//! What the delay line costs, and how well it keeps its word.

mod cost;
mod error;
mod idle;
mod lossy;
mod speed;
mod toxiproxy;

use std::thread;
use std::time::Duration;

use super::{Effort, Figure, Group};
use crate::bed::netfault::Injection;
use crate::bed::tcp::{Bulk, Connection, Wire};
use crate::bed::{Netfault, Pair, Probe};

pub(super) use cost::GROUP as COST;
pub(super) use error::GROUP as ERROR;
pub(super) use idle::GROUP as IDLE;
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

/// How long a stream is measured in one state.
fn sample(effort: Effort) -> Duration {
    effort.lasting(Duration::from_secs(1), Duration::from_millis(200))
}

/// Rates of a stream with something, which begins anew for each, and without it, in turns.
fn turns<T>(stream: &Bulk, effort: Effort, begin: impl Fn() -> T) -> (Vec<f64>, Vec<f64>) {
    let sample = sample(effort);
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..effort.times(11, 2) {
        let something = begin();
        with.push(gbit(stream, sample));
        drop(something);
        without.push(gbit(stream, sample));
    }
    (with, without)
}

/// A fault on the client, until it is dropped.
fn inject<'a>(netfault: &'a Netfault, pair: &Pair, fault: &str) -> Under<'a> {
    Under(Some(netfault.inject(&pair.client, fault)))
}

struct Under<'a>(Option<Injection<'a>>);

impl Drop for Under<'_> {
    fn drop(&mut self) {
        if let Some(fault) = self.0.take().filter(|_| !thread::panicking()) {
            fault.stop();
        }
    }
}
