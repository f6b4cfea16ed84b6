//! The nodes, and what is done to the cluster by the project's own command.

use std::env;
use std::process::{Command, Stdio};

use crate::bed::outcome::Output;
use crate::bed::{Netfault, Outcome};

use super::api::COMMAND;

/// `cargo xtask`'s program.
const XTASK: &str = "NETFAULT_XTASK";

/// A node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    name: String,
}

impl Node {
    /// The node of that name.
    pub fn named(name: &str) -> Self {
        let name = name.to_owned();
        Self { name }
    }

    /// Its name in Kubernetes.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs a command in its namespaces.
    #[track_caller]
    pub fn run(&self, words: &str) -> Outcome {
        xtask(&format!("node {} -- {words}", self.number()))
    }

    /// Runs netfault on the node itself, by way of its agent's socket.
    #[track_caller]
    pub fn netfault(&self, words: &str) -> Outcome {
        let netfault = Netfault::binary();
        self.run(&format!("{} {words} --local", netfault.display()))
    }

    /// Pulls its cable.
    #[track_caller]
    pub fn cut(&self) -> Cut {
        xtask(&format!("cut {}", self.number())).expect_code(0);
        let number = self.number().to_owned();
        Cut { number }
    }

    /// `1` for `n1`.
    fn number(&self) -> &str {
        self.name.trim_start_matches('n')
    }
}

/// A node without its cable; dropping this plugs it in.
#[derive(Debug)]
pub struct Cut {
    number: String,
}

impl Drop for Cut {
    fn drop(&mut self) {
        quietly(&format!("cut {} --heal", self.number));
    }
}

/// A service of the control plane that is kept ended; dropping this lets it run.
#[derive(Debug)]
pub struct Hold {
    service: String,
}

impl Hold {
    /// Ends a service, such as `kube-apiserver`.
    #[track_caller]
    pub fn of(service: &str) -> Self {
        xtask(&format!("hold {service}")).expect_code(0);
        let service = service.to_owned();
        Self { service }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        quietly(&format!("hold {} --release", self.service));
    }
}

#[track_caller]
fn xtask(words: &str) -> Outcome {
    let output = Output::new();
    let process = output.start(&mut command(words));
    output.end_of(process, COMMAND)
}

/// For guards, which may not panic.
fn quietly(words: &str) {
    let mut command = command(words);
    drop(command.stdout(Stdio::null()).stderr(Stdio::null()).status());
}

fn command(words: &str) -> Command {
    let program = env::var_os(XTASK).expect("cargo xtask test says where it is");
    let mut command = Command::new(program);
    command.arg("cluster").args(words.split_whitespace());
    command
}
