//! A child process that ends with its guard.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::Mutex;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::gate;
use super::wait::within;

/// The children that no one has reaped yet; their ids are still their own.
static CHILDREN: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// A running child; dropping it kills and reaps it, stopped or not.
#[derive(Debug)]
pub struct Process {
    child: Child,
}

impl Process {
    /// Starts a command in the calling thread's namespace.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let _making = gate::pass();
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        children(|all| all.insert(child.id()));
        Self { child }
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The child, for its pipes.
    pub fn child_mut(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Sends a signal. The child is not reaped before the guard goes, so the id is still its own.
    pub fn signal(&self, signal: Signal) {
        signal_pid(self.pid(), signal);
    }

    /// Sends SIGSTOP and waits until the process has stopped.
    pub fn freeze(&self) {
        freeze(self.pid());
    }

    /// Sends SIGCONT.
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// Sends SIGKILL and waits for the end.
    pub fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.wait(Duration::from_secs(5));
    }

    /// Waits for the end; panics when `limit` passes first.
    #[track_caller]
    pub fn wait(&mut self, limit: Duration) -> ExitStatus {
        let ended = within(limit, || {
            self.child.try_wait().expect("a child can be waited for")
        });
        ended.unwrap_or_else(|| panic!("process {} did not end within {limit:?}", self.pid()))
    }

    /// Whether it has ended; does not wait.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be waited for")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        children(|all| all.remove(&self.child.id()));
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Kills the children whose guards were never dropped; gives their ids.
pub(crate) fn kill_all() -> Vec<u32> {
    let left: Vec<u32> = children(std::mem::take).into_iter().collect();
    for pid in &left {
        signal_pid(*pid, Signal::KILL);
    }
    left
}

fn children<T>(change: impl FnOnce(&mut BTreeSet<u32>) -> T) -> T {
    change(&mut CHILDREN.lock().expect("no thread panics with it"))
}

/// The state letter of `/proc/PID/stat` (`R`, `S`, `T`, `Z`, …); `None` when there is no such
/// process.
pub fn state(pid: u32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let after_name = stat.rsplit_once(')')?.1;
    after_name.trim_start().chars().next()
}

/// The name of a process's program; `None` when there is no such process.
pub fn name(pid: u32) -> Option<String> {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(name.trim_end().to_owned())
}

/// Whether the process exists and is not a zombie.
pub fn is_alive(pid: u32) -> bool {
    !matches!(state(pid), None | Some('Z' | 'X'))
}

/// Sends SIGSTOP and waits until the process has stopped.
#[track_caller]
pub fn freeze(pid: u32) {
    signal_pid(pid, Signal::STOP);
    let stopped = || (state(pid) == Some('T')).then_some(());
    within(Duration::from_secs(5), stopped).expect("a stopped process shows state T");
}

/// Sends a signal to a process that this run started.
#[track_caller]
pub fn signal_pid(pid: u32, signal: Signal) {
    let raw = i32::try_from(pid).expect("process ids are positive and small");
    let pid = Pid::from_raw(raw).expect("process ids are not zero");
    kill_process(pid, signal).unwrap_or_else(|error| panic!("{signal:?} to {raw}: {error}"));
}

/// The exit code as a shell gives it: 128 + n for a death by signal n.
pub fn exit_code(status: ExitStatus) -> i32 {
    status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .unwrap_or(-1)
}
