//! `inject_ms_local_socket` and `rollback_ms_local_socket`: from a request on the socket of a
//! running holder to its answer, in one process that keeps its connection. The median and, as
//! `_p99`, what one in a hundred takes longer than. The fault is a reset, which looks for idle
//! connections and finds none.
//!
//! The baseline is a `list` of the faults in force on the same connection, in turns: a request that
//! changes nothing.

use std::time::Instant;

use serde_json::json;

use super::{Effort, Figure, Group};
use crate::bed::Pair;
use crate::bench::holder::Tool;
use crate::bench::stats::ms;
use crate::bench::words;

pub(super) const GROUP: Group = Group {
    names: &[
        "inject_ms_local_socket",
        "inject_ms_local_socket_p99",
        "rollback_ms_local_socket",
        "rollback_ms_local_socket_p99",
    ],
    measure,
};

const BASELINE: &str = "baseline: a request that only lists";

fn measure(effort: Effort) -> Vec<Figure> {
    let pair = Pair::new();
    let tool = Tool::default();
    let held = tool.hold(&pair.client);
    let mut client = held.client();
    let (mut list, mut begin, mut end) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..effort.times(400, 20) {
        let order = words::order("timed", &json!({"reset": {}}), &words::ports(7000, 7000));
        list.push(timed(|| client.list().map(drop)));
        begin.push(timed(|| client.inject(order).map(drop)));
        end.push(timed(|| client.stop("timed").map(drop)));
    }
    let both = |name, samples| Figure::with_tail(name, "ms", samples, &list, BASELINE);
    [
        both("inject_ms_local_socket", &begin),
        both("rollback_ms_local_socket", &end),
    ]
    .concat()
}

fn timed<E: std::fmt::Debug>(request: impl FnOnce() -> Result<(), E>) -> f64 {
    let start = Instant::now();
    request().expect("the holder answers");
    ms(start.elapsed())
}
