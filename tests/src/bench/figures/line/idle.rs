//! `line_idle_ratio`: the bytes per second of a TCP stream while the line delays another flow of its
//! namespace, of 1,000 datagrams a second, to those without a fault; that flow is there in both.
//! `line_woken_ratio`: the same where in place of the fault a thread wakes as often and does nothing, as
//! any tool must that lets each packet go when it is due. `line_rest_ratio`: where the delayed flow has no
//! packets.

use std::thread::sleep;
use std::time::Duration;

use super::{Effort, Figure, Group, delayed, inject, stream, turns};
use crate::bed::probe::be_on_time;
use crate::bed::tcp::Wire;
use crate::bed::{Netfault, Pair, Probe};
use crate::bench::loops::Loop;

pub(in super::super) const GROUP: Group = Group {
    names: &["line_idle_ratio", "line_woken_ratio", "line_rest_ratio"],
    measure,
};

/// How far apart the datagrams are.
const GAP: Duration = Duration::from_millis(1);

fn measure(effort: Effort) -> Vec<Figure> {
    let (pair, netfault) = (Pair::new(), Netfault::new());
    let stream = stream(&pair);
    let flow = Probe::open(&pair.client, &pair.server, Wire::V4);
    let fault = delayed("50ms", &flow);
    let (rest, none) = turns(&stream, effort, || inject(&netfault, &pair, &fault));
    let _flowing = Loop::start(move || drop(flow.run(1_000, GAP, Duration::from_millis(50))));
    let (woken, asleep) = turns(&stream, effort, waking);
    let (beside, alone) = turns(&stream, effort, || inject(&netfault, &pair, &fault));
    vec![
        Figure::ratio("line_idle_ratio", &beside, &alone),
        Figure::ratio("line_woken_ratio", &woken, &asleep),
        Figure::ratio("line_rest_ratio", &rest, &none),
    ]
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
