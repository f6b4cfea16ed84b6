//! `inject_ms_cluster` and `rollback_ms_cluster`: the wall-clock time of the processes `netfault
//! inject …` and `netfault stop …` for three pods on three nodes, from their start until every node
//! has said that the fault is in force there, or that no kernel holds it. The median and, as
//! `_p99`, what one in a hundred takes longer than.
//!
//! The baseline is `netfault list`, in turns: a process, a TLS connection and one request.

use std::process::Stdio;
use std::time::Instant;

use super::{Effort, Figure, Group};
use crate::bench::stats::ms;
use crate::cluster::{Town, Workload};

pub(super) const GROUP: Group = Group {
    names: &[
        "inject_ms_cluster",
        "inject_ms_cluster_p99",
        "rollback_ms_cluster",
        "rollback_ms_cluster_p99",
    ],
    measure,
};

const BASELINE: &str = "baseline: one request, `netfault list`";

/// Faults that have ended are deleted after so many, so that each run finds the same cluster.
const BATCH: usize = 25;

fn measure(effort: Effort) -> Vec<Figure> {
    let town = Town::open("bench");
    town.start([Workload::web("web").replicas(3)]);
    let (mut list, mut begin, mut end) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..effort.times(300, 5) {
        let inject = format!(
            "inject reset deploy/web --mode all --to 198.18.255.1 --for 1m --name run-{run} --quiet"
        );
        list.push(timed(&town, "list"));
        begin.push(timed(&town, &inject));
        end.push(timed(&town, &format!("stop run-{run} --quiet")));
        if run % BATCH == BATCH - 1 {
            town.kubectl("delete networkfaults --all");
        }
    }
    let both = |name, samples| Figure::with_tail(name, "ms", samples, &list, BASELINE);
    [
        both("inject_ms_cluster", &begin),
        both("rollback_ms_cluster", &end),
    ]
    .concat()
}

/// How long a command of netfault takes, in milliseconds.
fn timed(town: &Town, words: &str) -> f64 {
    let cluster = town.cluster();
    let words = format!("{words} -n {}", town.name());
    let mut command = cluster.netfault_command(&cluster.kubeconfig(), &words);
    command.stdin(Stdio::null());
    let (took, output) = cluster.network().enter(|| {
        let start = Instant::now();
        let output = command.output().expect("netfault is built");
        (start.elapsed(), output)
    });
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "netfault {words}: {said}");
    ms(took)
}
