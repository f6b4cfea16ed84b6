//! `idle_throughput_ratio`: the bytes per second of one TCP stream (GSO on, writes of 200 kB) that
//! crosses the hooks while the table has a rule for another peer, to those with nothing attached.
//! `cut_ratio` is the same for hooks with an empty table, `idle_throughput_gbit` the plain rate.
//!
//! One connection for all samples, of half a second each; the three states take turns, and each
//! round begins with another one.

use std::thread;
use std::time::Duration;

use super::{Effort, Figure, Group};
use crate::bed::tcp::{Bulk, Connection, Wire};
use crate::bench::arms::{Arms, Samples};
use crate::bench::ways::unbound;

pub(super) const GROUP: Group = Group {
    names: &["idle_throughput_ratio", "cut_ratio", "idle_throughput_gbit"],
    measure,
};

/// How long the stream runs in a new state before it is measured.
const SETTLE: Duration = Duration::from_millis(50);

fn measure(effort: Effort) -> Vec<Figure> {
    let sample = Duration::from_millis(effort.times(500, 100) as u64);
    let pair = unbound();
    let mut arms = Arms::on(&pair.client);
    let stream = Bulk::start(Connection::open(&pair, Wire::V4));
    let Samples { bare, empty, armed } = arms.samples(effort.times(31, 3), || {
        thread::sleep(SETTLE);
        stream.speed(sample)
    });
    vec![
        Figure::ratio("idle_throughput_ratio", &armed, &bare),
        Figure::ratio("cut_ratio", &empty, &bare),
        Figure::paired("idle_throughput_gbit", "Gbit/s", &armed, &bare)
            .note("one TCP stream, a rule for another peer; baseline: nothing attached"),
    ]
}
