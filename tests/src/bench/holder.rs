//! The tool as a user runs it, timed, and a holder that it can find running.

use std::env;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chaos_agent::holder::{Client, RunDir, clients};

use super::run_directory::VARIABLE;
use crate::bed::netfault::Injection;
use crate::bed::{Namespace, Netfault, within};

/// A fault that meets no traffic: its peer does not exist.
const IDLE: &str = "blackhole --to 198.18.255.1 --for 10m";

/// The tool, in this run's directory.
#[derive(Debug, Default)]
pub(crate) struct Tool(Netfault);

impl Tool {
    /// Runs a command line to its end, and tells how long its process took.
    pub(crate) fn timed(&self, words: &str) -> Duration {
        let mut command = self.command(words);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let start = Instant::now();
        let output = command.output().expect("netfault is built");
        let took = start.elapsed();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "netfault {words}: {said}");
        took
    }

    /// Starts a holder of a namespace, which goes on until it is dropped.
    pub(crate) fn hold(&self, namespace: &Namespace) -> Held<'_> {
        Held {
            inode: namespace.inode(),
            _idle: self.0.inject_by(namespace, IDLE, in_own_directory),
        }
    }

    fn command(&self, words: &str) -> Command {
        in_own_directory(self.0.command(words))
    }
}

fn in_own_directory(mut command: Command) -> Command {
    command.env(VARIABLE, env::var_os(VARIABLE).expect("every run has one"));
    command
}

/// A running holder.
#[derive(Debug)]
pub(crate) struct Held<'tool> {
    inode: u64,
    _idle: Injection<'tool>,
}

impl Held<'_> {
    /// A connection to its socket.
    pub(crate) fn client(&self) -> Client {
        client(self.inode).expect("the holder runs")
    }
}

/// Waits until a namespace has no holder.
pub(crate) fn await_none(namespace: &Namespace) {
    let gone = || client(namespace.inode()).is_none().then_some(());
    within(Duration::from_secs(5), gone).expect("a holder ends with its last fault");
}

/// Ends every fault that is in force in this run's directory, and with them their holders.
pub(crate) fn end_all() {
    // A holder that cannot be asked ends with its faults, which do not last long.
    for mut client in clients(&RunDir::of_env()).unwrap_or_default() {
        for fault in client.list().unwrap_or_default() {
            drop(client.stop(&fault.name));
        }
    }
}

fn client(inode: u64) -> Option<Client> {
    Client::of(&RunDir::of_env(), inode).expect("the run directory is ours")
}
