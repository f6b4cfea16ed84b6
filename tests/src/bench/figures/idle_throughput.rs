//! `idle_throughput_ratio`: the bytes per second of one TCP stream (GSO on, writes of 200 kB) over a wire of
//! 25 Gbit/s that crosses the hooks while the table has a rule for another peer, to those with nothing
//! attached. `cut_ratio` is the same for hooks with an empty table. `idle_throughput_unbound` is the
//! first where only memory and the processors bound the stream.
//!
//! One connection for all samples, of half a second each; the three states take turns, and each
//! round begins with another one.

use std::thread;
use std::time::Duration;

use super::{Effort, Figure, Group};
use crate::bed::Pair;
use crate::bed::tcp::{Bulk, Connection, Wire};
use crate::bench::arms::{Arms, Samples};
use crate::bench::ways::{unbound, wired};

pub(super) const GROUP: Group = Group {
    names: &[
        "idle_throughput_ratio",
        "cut_ratio",
        "idle_throughput_unbound",
    ],
    measure,
};

/// How long the stream runs in a new state before it is measured.
const SETTLE: Duration = Duration::from_millis(50);

fn measure(effort: Effort) -> Vec<Figure> {
    let mut figures = Vec::new();
    if let Some(pair) = wired() {
        let Samples { bare, empty, armed } = samples(&pair, effort);
        figures.extend([
            Figure::paired("idle_throughput_ratio", "Gbit/s", &armed, &bare).note(
                "one TCP stream over a wire of 25 Gbit/s, a rule for another peer; baseline: nothing attached",
            ),
            Figure::ratio("cut_ratio", &empty, &bare),
        ]);
    }
    let Samples { bare, armed, .. } = samples(&unbound(), effort);
    figures.push(
        Figure::paired("idle_throughput_unbound", "Gbit/s", &armed, &bare)
            .note("the same where only memory and the processors bound it"),
    );
    figures
}

fn samples(pair: &Pair, effort: Effort) -> Samples {
    let sample = Duration::from_millis(effort.times(500, 100) as u64);
    let mut arms = Arms::on(&pair.client);
    let stream = Bulk::start(Connection::open(pair, Wire::V4));
    arms.samples(effort.times(31, 3), || {
        thread::sleep(SETTLE);
        stream.speed(sample)
    })
}
