//! A command that goes on while a test does other things.

use std::process::Command;

use super::{Cluster, Town};
use crate::bed::Process;
use crate::bed::outcome::Output;

/// A running command in the network of the API server; dropping it kills it.
#[derive(Debug)]
pub struct Following {
    process: Process,
    output: Output,
}

impl Following {
    /// Starts a command.
    #[track_caller]
    pub fn start(command: &mut Command) -> Self {
        let output = Output::new();
        let network = Cluster::of_env().network();
        let process = network.enter(|| output.start(command));
        Self { process, output }
    }

    /// `kubectl get pods --watch-only` in a town.
    #[track_caller]
    pub fn pods(town: &Town) -> Self {
        let arguments = [
            "get",
            "pods",
            "--watch-only",
            "--no-headers",
            "-n",
            town.name(),
        ];
        let cluster = town.cluster();
        Self::start(&mut cluster.kubectl_command(&cluster.kubeconfig(), &arguments))
    }

    /// What it has printed so far.
    pub fn said(&self) -> String {
        self.output.outcome(0).stdout
    }

    /// Kills it with SIGKILL.
    pub fn kill(&mut self) {
        self.process.kill();
    }
}
