//! The promises to a user whose pods, Services or nodes have other shapes than those of suite
//! `cluster`: each on a cluster of one node, dual-stack, with kube-proxy in iptables mode.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use chaos_tests::{cluster, suite};

mod both_families;
mod cgroup_forms;
mod iptables_mode;
mod rewritten_at_connect;
mod scene;
mod sidecar;
mod static_pods;

fn main() -> ExitCode {
    cluster::sweep_dead_runs();
    let promises = [
        both_families::PROMISES,
        cgroup_forms::PROMISES,
        iptables_mode::PROMISES,
        rewritten_at_connect::PROMISES,
        sidecar::PROMISES,
        static_pods::PROMISES,
    ];
    let done = suite::run_then(promises, cluster::sweep_this_run);
    cluster::sweep_this_run();
    cluster::await_gone();
    done
}
