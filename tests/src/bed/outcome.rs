//! How a command ended, and what it said.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use chaos_api::Receipt;

use super::process::{Process, exit_code};

/// How a command ended, and what it printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The exit code; 128 + n after a death by signal n.
    pub code: i32,
    /// What it printed for programs.
    pub stdout: String,
    /// What it printed for people.
    pub stderr: String,
}

impl Outcome {
    /// Panics unless it ended with this code.
    #[track_caller]
    pub fn expect_code(&self, code: i32) -> &Self {
        assert_eq!(self.code, code, "exit code\n{}{}", self.stdout, self.stderr);
        self
    }

    /// The receipt on standard output.
    #[track_caller]
    pub fn receipt(&self) -> Receipt {
        let parsed = serde_json::from_str(&self.stdout);
        parsed.unwrap_or_else(|error| panic!("no receipt: {error}\n{}{}", self.stdout, self.stderr))
    }
}

/// The files that a command's output goes to; they have no name.
#[derive(Debug)]
pub(crate) struct Output {
    stdout: File,
    stderr: File,
}

impl Output {
    pub(crate) fn new() -> Self {
        let file = || tempfile::tempfile().expect("a temporary file can be made");
        Self {
            stdout: file(),
            stderr: file(),
        }
    }

    /// Starts a command in the calling thread's namespace, with nothing to read.
    pub(crate) fn start(&self, command: &mut Command) -> Process {
        let copy = |file: &File| file.try_clone().expect("a descriptor can be duplicated");
        command
            .stdin(Stdio::null())
            .stdout(copy(&self.stdout))
            .stderr(copy(&self.stderr));
        Process::spawn(command)
    }

    /// Runs a command to its end; panics when `limit` passes first.
    #[track_caller]
    pub(crate) fn finish(self, command: &mut Command, limit: Duration) -> Outcome {
        let process = self.start(command);
        self.end_of(process, limit)
    }

    /// Waits for the end of what was started; panics when `limit` passes first.
    #[track_caller]
    pub(crate) fn end_of(self, mut process: Process, limit: Duration) -> Outcome {
        let status = process.wait(limit);
        self.outcome(exit_code(status))
    }

    /// What it has said so far.
    pub(crate) fn outcome(&self, code: i32) -> Outcome {
        Outcome {
            code,
            stdout: text(&self.stdout),
            stderr: text(&self.stderr),
        }
    }
}

/// All of a file, wherever its writer stands.
fn text(file: &File) -> String {
    let length = file.metadata().expect("an open file has metadata").len();
    let mut bytes = vec![0; usize::try_from(length).expect("it fits into memory")];
    file.read_exact_at(&mut bytes, 0).expect("it only grows");
    String::from_utf8(bytes).expect("commands print text")
}
