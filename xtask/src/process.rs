//! Child processes that always end: each in its own process group, with a bound on its time.

use std::{
    io::{PipeReader, Read, pipe},
    os::unix::process::CommandExt,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Mutex,
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// How long a group may clean up after SIGTERM before SIGKILL.
const GRACE: Duration = Duration::from_secs(3);

/// How long output is read on after the child itself ended, for what is left in the pipe.
const DRAIN: Duration = Duration::from_millis(500);

/// How often a quiet child is looked at.
const POLL: Duration = Duration::from_millis(50);

/// What Ctrl-C ends, too.
static RUNNING: Mutex<Running> = Mutex::new(Running {
    groups: Vec::new(),
    over: false,
});

/// The groups that run now.
struct Running {
    groups: Vec<Pid>,
    /// Whether xtask was told to end, so that no other begins.
    over: bool,
}

/// How a bounded child ended.
#[derive(Debug)]
pub(crate) enum End {
    /// By itself, with this status.
    Exited(ExitStatus),
    /// Killed, since it was still running after the bound.
    OutOfTime,
}

/// Ends the running groups when xtask is told to end.
///
/// A group of its own gets no Ctrl-C from the terminal, so it is passed on.
pub(crate) fn forward_signals() -> Result<()> {
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            // Those of now: the main thread needs the list to collect the children.
            let groups = {
                let mut running = running();
                running.over = true;
                running.groups.clone()
            };
            for group in groups {
                end_group(group, || ());
            }
            std::process::exit(128 + signal);
        }
    });
    Ok(())
}

/// Runs a command with the terminal's own output; an error says what failed.
pub(crate) fn status(command: &mut Command, bound: Duration) -> Result<()> {
    let mut group = Group::start(command.stdin(Stdio::null()))?;
    match group.wait(Instant::now() + bound)? {
        End::Exited(status) if status.success() => Ok(()),
        End::Exited(status) => bail!("`{}` failed: {status}", words(command)),
        End::OutOfTime => bail!("`{}` ran for over {} s", words(command), bound.as_secs()),
    }
}

/// Runs a command and hands each line of its standard output to `each` as it comes.
///
/// `test NAME ... `, which test binaries print before they run a test, comes before its line ends.
pub(crate) fn lines(command: &mut Command, bound: Duration, each: impl FnMut(&str)) -> Result<End> {
    let (reader, writer) = pipe()?;
    command.stdout(writer);
    follow(command, reader, bound, each)
}

/// Like `lines`, with standard error in between, in the order in which both were written.
pub(crate) fn all_lines(
    command: &mut Command,
    bound: Duration,
    each: impl FnMut(&str),
) -> Result<End> {
    let (reader, writer) = pipe()?;
    command.stderr(writer.try_clone()?).stdout(writer);
    follow(command, reader, bound, each)
}

fn follow(
    command: &mut Command,
    output: PipeReader,
    bound: Duration,
    mut each: impl FnMut(&str),
) -> Result<End> {
    let deadline = Instant::now() + bound;
    let mut group = Group::start(command.stdin(Stdio::null()))?;
    // The output ends when no one can write any more, so this process must not be able to.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let lines = read_lines(output);
    loop {
        match lines.recv_timeout(POLL) {
            Ok(line) => each(&line),
            Err(RecvTimeoutError::Disconnected) => return group.wait(deadline),
            Err(RecvTimeoutError::Timeout) if group.child.try_wait()?.is_some() => {
                drain(&lines, &mut each);
                return group.wait(deadline);
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        if Instant::now() >= deadline {
            drop(group);
            // The last words often tell what it was stuck in.
            drain(&lines, &mut each);
            return Ok(End::OutOfTime);
        }
    }
}

/// Hands on what is left in the pipe of a child that has ended.
fn drain(lines: &Receiver<String>, each: &mut impl FnMut(&str)) {
    while let Ok(line) = lines.recv_timeout(DRAIN) {
        each(&line);
    }
}

/// The command as one would type it.
pub(crate) fn words(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let name = program.rsplit('/').next().unwrap_or(&program).to_owned();
    command
        .get_args()
        .fold(name, |words, arg| words + " " + &arg.to_string_lossy())
}

/// A child and all it started; dropping it leaves none of them running.
struct Group {
    child: Child,
    id: Pid,
}

impl Group {
    fn start(command: &mut Command) -> Result<Self> {
        let mut running = running();
        ensure!(!running.over, "told to end");
        let child = command
            .process_group(0)
            .spawn()
            .with_context(|| format!("could not start `{}`", words(command)))?;
        let id = Pid::from_child(&child);
        running.groups.push(id);
        Ok(Self { child, id })
    }

    fn wait(&mut self, deadline: Instant) -> Result<End> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(End::Exited(status));
            }
            if Instant::now() >= deadline {
                return Ok(End::OutOfTime);
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let child = &mut self.child;
        // A zombie still counts as a member of its group, so the child is collected on the way.
        end_group(self.id, || _ = child.try_wait());
        running().groups.retain(|id| *id != self.id);
    }
}

fn running() -> std::sync::MutexGuard<'static, Running> {
    RUNNING.lock().expect("no holder of this lock panics")
}

/// SIGTERM first, so that tests can remove what they made; SIGKILL for what is left.
fn end_group(group: Pid, mut collect: impl FnMut()) {
    let deadline = Instant::now() + GRACE;
    let _ = kill_process_group(group, Signal::TERM);
    loop {
        collect();
        if test_kill_process_group(group).is_err() {
            return;
        }
        if Instant::now() >= deadline {
            break;
        }
        thread::sleep(Duration::from_millis(20));
    }
    let _ = kill_process_group(group, Signal::KILL);
    thread::sleep(Duration::from_millis(20));
    collect();
}

fn read_lines(mut stream: PipeReader) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let (mut rest, mut buffer) = (Vec::new(), [0; 4096]);
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            rest.extend_from_slice(&buffer[..count]);
            while let Some(length) = line_length(&rest) {
                let line: Vec<u8> = rest.drain(..length).collect();
                let line = String::from_utf8_lossy(&line);
                if sender
                    .send(line.trim_end_matches(['\r', '\n']).to_owned())
                    .is_err()
                {
                    return;
                }
            }
        }
        if !rest.is_empty() {
            // Where no one listens any more, no one misses it.
            let _ = sender.send(String::from_utf8_lossy(&rest).into_owned());
        }
    });
    receiver
}

/// The length of the line at the start, with its end, if it is complete or announces a test.
fn line_length(bytes: &[u8]) -> Option<usize> {
    let end = bytes
        .iter()
        .position(|&byte| byte == b'\n')
        .map(|at| at + 1);
    end.or_else(|| {
        let announces = bytes.starts_with(b"test ") && bytes.ends_with(b" ... ");
        announces.then_some(bytes.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_arrives_before_the_end() {
        let mut seen = Vec::new();
        let end = lines(
            Command::new("sh").args(["-c", "echo one; echo two; exit 3"]),
            Duration::from_secs(10),
            |line| seen.push(line.to_owned()),
        )
        .unwrap();
        assert_eq!(seen, ["one", "two"]);
        assert!(matches!(end, End::Exited(status) if status.code() == Some(3)));
    }

    #[test]
    fn both_streams_keep_their_order() {
        let mut seen = Vec::new();
        let script = "echo one; echo two >&2; echo three";
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let bound = Duration::from_secs(10);
        all_lines(&mut command, bound, |line| seen.push(line.to_owned())).unwrap();
        assert_eq!(seen, ["one", "two", "three"]);
    }

    #[test]
    fn a_test_is_announced_before_its_line_ends() {
        assert_eq!(line_length(b"one\ntwo"), Some(4));
        assert_eq!(line_length(b"test a ... "), Some(11));
        assert_eq!(line_length(b"test a ... o"), None);
        assert_eq!(line_length(b"what ... "), None);
    }

    #[test]
    fn a_child_over_its_bound_is_killed_with_what_it_started() {
        let begin = Instant::now();
        let mut pid = String::new();
        let end = lines(
            Command::new("sh").args(["-c", "sleep 60 & echo $!; wait"]),
            Duration::from_millis(300),
            |line| line.clone_into(&mut pid),
        )
        .unwrap();
        assert!(matches!(end, End::OutOfTime));
        assert!(begin.elapsed() < Duration::from_secs(5));
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        assert!(state.is_empty() || state.contains(") Z "), "{state}");
    }
}
