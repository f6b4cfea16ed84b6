//! `inject_ms_local` and `rollback_ms_local`: the wall-clock time of the processes `netfault inject
//! … --detach` and `netfault stop …`, from their start until they have ended, where a holder runs.
//! The median and, as `_p99`, what one in a hundred takes longer than.
//!
//! The baseline is the same program that only tells its version, in turns: what any process costs.

use super::{Effort, Figure, Group};
use crate::bed::Pair;
use crate::bench::holder::Tool;
use crate::bench::stats::ms;

pub(super) const GROUP: Group = Group {
    names: &[
        "inject_ms_local",
        "inject_ms_local_p99",
        "rollback_ms_local",
        "rollback_ms_local_p99",
    ],
    measure,
};

const BASELINE: &str = "baseline: the program's start and end, `netfault --version`";

fn measure(effort: Effort) -> Vec<Figure> {
    let pair = Pair::new();
    let tool = Tool::default();
    let _held = tool.hold(&pair.client);
    let inject = format!(
        "inject reset --netns {} --to 198.18.0.2:7000 --for 1m --name timed --detach --quiet",
        pair.client.name()
    );
    let (mut start, mut begin, mut end) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..effort.times(200, 10) {
        start.push(ms(tool.timed("--version")));
        begin.push(ms(tool.timed(&inject)));
        end.push(ms(tool.timed("stop timed --quiet")));
    }
    let both = |name, samples| Figure::with_tail(name, "ms", samples, &start, BASELINE);
    [
        both("inject_ms_local", &begin),
        both("rollback_ms_local", &end),
    ]
    .concat()
}
