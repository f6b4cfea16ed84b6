//! `inject_ms_cold`: the wall-clock time of `netfault inject … --detach` where no holder runs: a
//! background process starts, loads the programs, attaches them, and brings the fault into force.
//!
//! The baseline is the same command with that holder running, in turns.

use super::{Effort, Figure, Group};
use crate::bed::Pair;
use crate::bench::holder::{Tool, await_none};
use crate::bench::stats::ms;

pub(super) const GROUP: Group = Group {
    names: &["inject_ms_cold", "inject_ms_cold_p99"],
    measure,
};

const BASELINE: &str = "baseline: the same command with a holder running";

fn measure(effort: Effort) -> Vec<Figure> {
    let pair = Pair::new();
    let tool = Tool::default();
    let inject = |name: &str| {
        let target = pair.client.name();
        tool.timed(&format!(
            "inject reset --netns {target} --to 198.18.0.2:7000 --for 20s --name {name} --detach -q"
        ))
    };
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    for _ in 0..effort.times(100, 5) {
        cold.push(ms(inject("cold")));
        warm.push(ms(inject("warm")));
        // The last fault's holder ends with it; without this, after its twenty seconds.
        tool.timed("stop --all --quiet");
        await_none(&pair.client);
    }
    Figure::with_tail(GROUP.names[0], "ms", &cold, &warm, BASELINE).to_vec()
}
