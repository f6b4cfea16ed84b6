//! The promises that take a Kubernetes cluster, each in namespaces of its own.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use chaos_tests::{cluster, suite};

mod the_bed;

fn main() -> ExitCode {
    cluster::sweep_dead_runs();
    let done = suite::run_then([the_bed::PROMISES], cluster::sweep_this_run);
    cluster::sweep_this_run();
    cluster::await_gone();
    done
}
