//! `line_idle_ratio`: the bytes per second of a TCP stream over a wire of 25 Gbit/s while the line delays
//! another flow of its namespace, of 1,000 datagrams a second, to those without a fault; that flow is there
//! in both. `line_idle_unbound`: the same where only memory and the processors bound the stream.
//! `line_idle_woken`: the same where in place of the fault a thread wakes as often and does nothing, as
//! any tool must that lets each packet go when it is due. `line_idle_rest`: where the delayed flow has
//! no packets.

use std::thread::sleep;
use std::time::Duration;

use super::{Effort, Figure, Group, delayed, inject, stream, turns};
use crate::bed::probe::be_on_time;
use crate::bed::tcp::Wire;
use crate::bed::{Netfault, Pair, Probe};
use crate::bench::loops::Loop;
use crate::bench::ways::{unbound, wired};

pub(in super::super) const GROUP: Group = Group {
    names: &[
        "line_idle_ratio",
        "line_idle_unbound",
        "line_idle_woken",
        "line_idle_rest",
    ],
    measure,
};

/// How far apart the datagrams are.
const GAP: Duration = Duration::from_millis(1);

fn measure(effort: Effort) -> Vec<Figure> {
    let mut figures = Vec::new();
    if let Some(pair) = wired() {
        let (beside, alone) = beside(&pair, effort);
        figures.push(Figure::ratio("line_idle_ratio", &beside, &alone));
    }
    let pair = unbound();
    let (with, without) = beside(&pair, effort);
    figures.push(Figure::ratio("line_idle_unbound", &with, &without));
    let stream = stream(&pair);
    let quiet = Probe::open(&pair.client, &pair.server, Wire::V4);
    let (fault, netfault) = (delayed("50ms", &quiet), Netfault::new());
    let (rest, none) = turns(&stream, effort, || inject(&netfault, &pair, &fault));
    let _flowing = flow(quiet);
    let (woken, asleep) = turns(&stream, effort, waking);
    figures.push(Figure::ratio("line_idle_woken", &woken, &asleep));
    figures.push(Figure::ratio("line_idle_rest", &rest, &none));
    figures
}

/// Rates of a stream beside a flow, with that delayed and not.
fn beside(pair: &Pair, effort: Effort) -> (Vec<f64>, Vec<f64>) {
    let (stream, netfault) = (stream(pair), Netfault::new());
    let probe = Probe::open(&pair.client, &pair.server, Wire::V4);
    let fault = delayed("50ms", &probe);
    let _flowing = flow(probe);
    turns(&stream, effort, || inject(&netfault, pair, &fault))
}

fn flow(probe: Probe) -> Loop {
    Loop::start(move || drop(probe.run(1_000, GAP, Duration::from_millis(50))))
}

/// A thread that wakes as often as a datagram is due, in real time as the line does.
fn waking() -> Loop {
    let mut is_on_time = false;
    Loop::start(move || {
        if !is_on_time {
            be_on_time();
            is_on_time = true;
        }
        sleep(GAP);
    })
}
