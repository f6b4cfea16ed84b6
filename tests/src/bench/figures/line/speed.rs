//! `line_gbps_ratio_0ms`: the bytes per second of a TCP stream that goes through the delay line and is
//! not held there, to those with nothing attached. `line_idle_ratio` is the same of a stream that does
//! not go through it, while another flow of the same namespace is delayed; that flow is there in both.
//!
//! One stream for all samples; both states take turns.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::{Effort, Figure, Group, delayed, gbit, stream};
use crate::bed::tcp::Wire;
use crate::bed::{Netfault, Pair, Probe};

pub(in super::super) const GROUP: Group = Group {
    names: &["line_gbps_ratio_0ms", "line_gbps_0ms", "line_idle_ratio"],
    measure,
};

/// The connection stands, so that none of its packets is held.
const THROUGH: &str = "delay 1ms stage syn --direction egress --for 10m";

fn measure(effort: Effort) -> Vec<Figure> {
    let pair = Pair::new();
    let (through, plain) = turns(&pair, THROUGH, effort);
    let (beside, alone) = beside(&pair, effort);
    vec![
        Figure::ratio("line_gbps_ratio_0ms", &through, &plain),
        Figure::paired("line_gbps_0ms", "Gbit/s", &through, &plain)
            .note("one TCP stream through the line, held for no time; baseline: nothing attached"),
        Figure::ratio("line_idle_ratio", &beside, &alone),
    ]
}

/// Rates of a stream under a fault, and without it.
fn turns(pair: &Pair, fault: &str, effort: Effort) -> (Vec<f64>, Vec<f64>) {
    let sample = effort.lasting(Duration::from_secs(1), Duration::from_millis(200));
    let netfault = Netfault::new();
    let stream = stream(pair);
    let (mut under, mut without) = (Vec::new(), Vec::new());
    for _ in 0..effort.times(11, 2) {
        let injection = netfault.inject(&pair.client, fault);
        under.push(gbit(&stream, sample));
        injection.stop();
        without.push(gbit(&stream, sample));
    }
    (under, without)
}

/// The same for a fault that delays another flow, of a thousand datagrams a second.
fn beside(pair: &Pair, effort: Effort) -> (Vec<f64>, Vec<f64>) {
    let probe = Probe::open(&pair.client, &pair.server, Wire::V4);
    let fault = delayed("50ms", &probe);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                probe.run(1_000, Duration::from_millis(1), Duration::from_millis(50));
            }
        });
        let _over = Over(&over);
        turns(pair, &fault, effort)
    })
}

/// Says that it is over when it is dropped, in a panic too.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
