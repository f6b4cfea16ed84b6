//! The netfault command, run as a user runs it.

mod injection;

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use chaos_agent::dataplane::Way;
use chaos_api::Receipt;
use tempfile::TempDir;

pub use injection::{Injection, RECEIPT_WAIT, moved, total};

use super::namespace::Namespace;
use super::outcome::{Outcome, Output};
use super::way::insisted;

/// How long any command that is not a foreground fault may take.
const COMMAND: Duration = Duration::from_secs(20);

/// The command, with a run directory that no other test sees.
#[derive(Debug)]
pub struct Netfault {
    binary: PathBuf,
    way: Option<Way>,
    directory: TempDir,
    count: AtomicU32,
}

impl Netfault {
    /// The command that was built, with a run directory of its own.
    pub fn new() -> Self {
        Self::attaching(insisted())
    }

    /// The same, attaching by a clsact qdisc on every kernel.
    pub fn without_tcx() -> Self {
        Self::attaching(Some(Way::Clsact))
    }

    fn attaching(way: Option<Way>) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        Self {
            binary: binary(),
            way,
            directory,
            count: AtomicU32::new(0),
        }
    }

    /// Whether the command has been built.
    pub fn is_built() -> bool {
        binary().is_file()
    }

    /// Where the command is.
    pub(crate) fn binary() -> PathBuf {
        binary()
    }

    /// A command line, to be run to its end or in the foreground.
    pub fn command(&self, words: &str) -> Command {
        let mut command = Command::new(&self.binary);
        if let Some(way) = self.way {
            command.args(["--attach", &way.to_string()]);
        }
        command
            .args(words.split_whitespace())
            .env("NETFAULT_RUN_DIR", self.run_directory());
        command
    }

    /// Runs a command line to its end.
    pub fn call(&self, words: &str) -> Outcome {
        self.finish(&mut self.command(words))
    }

    /// Runs a prepared command to its end.
    #[track_caller]
    pub fn finish(&self, command: &mut Command) -> Outcome {
        Output::new().finish(command, COMMAND)
    }

    /// Puts a fault in force on a namespace, in the foreground, and waits until it is.
    ///
    /// `words` are the faults, the traffic and `--for`.
    #[track_caller]
    pub fn inject(&self, target: &Namespace, words: &str) -> Injection<'_> {
        self.inject_by(target, words, |command| command)
    }

    /// As [`Netfault::inject`], with the command changed before it starts.
    #[track_caller]
    pub fn inject_by(
        &self,
        target: &Namespace,
        words: &str,
        change: impl FnOnce(Command) -> Command,
    ) -> Injection<'_> {
        let number = self.next();
        let name = format!("fault-{number}");
        let target = target.path();
        let words = format!(
            "inject {words} --netns {} --name {name} -o json",
            target.display()
        );
        let output = Output::new();
        let holder = output.start(&mut change(self.command(&words)));
        Injection::await_force(self, name, holder, output)
    }

    /// The faults that are in force, as `netfault list` tells.
    #[track_caller]
    pub fn list(&self) -> Vec<Receipt> {
        let outcome = self.call("list -o json");
        outcome.expect_code(0);
        serde_json::from_str(&outcome.stdout).expect("list prints receipts")
    }

    /// The run directory, where holders keep their locks and sockets.
    pub fn run_directory(&self) -> PathBuf {
        self.directory.path().join("run")
    }

    fn next(&self) -> u32 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }
}

impl Default for Netfault {
    fn default() -> Self {
        Self::new()
    }
}

/// A detached fault would outlive a test that panicked.
impl Drop for Netfault {
    fn drop(&mut self) {
        if thread::panicking() {
            let mut stop = self.command("stop --all");
            drop(stop.stdout(Stdio::null()).stderr(Stdio::null()).status());
        }
    }
}

/// The command, run by another program: its words, then the command with its own.
pub fn run_by(program: &[&str], command: &Command) -> Command {
    let [name, words @ ..] = program else {
        panic!("a program has a name");
    };
    let mut whole = Command::new(name);
    whole.args(words).arg(command.get_program());
    whole.args(command.get_args());
    for (name, value) in command.get_envs() {
        whole.env(name, value.expect("nothing is removed from it"));
    }
    whole
}

/// The command without the right to real time, and with no limit that would stand for it.
pub fn unfavoured(command: &Command) -> Command {
    let words = "setpriv --bounding-set -sys_nice --inh-caps -sys_nice prlimit --rtprio=0 --";
    run_by(&words.split(' ').collect::<Vec<_>>(), command)
}

/// `NETFAULT`, or what `cargo xtask build` makes.
fn binary() -> PathBuf {
    let built = || {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let target = env::var_os("CARGO_TARGET_DIR").map_or("target".into(), PathBuf::from);
        workspace.join(target).join("release/netfault")
    };
    env::var_os("NETFAULT").map_or_else(built, PathBuf::from)
}
