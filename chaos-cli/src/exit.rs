//! Exit codes, the same for every verb.

use std::{fmt, process::ExitCode};

/// What a shell returns for a command that it cannot start.
pub(crate) const NOT_STARTED: u8 = 126;

/// What a shell returns for a command that it cannot find.
pub(crate) const NOT_FOUND: u8 = 127;

/// How a run of the command line ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// An error: rights, kernel, a fault that is not there.
    Error,
    /// The words do not make sense; nothing was changed.
    Usage,
    /// Partly in force, or some have not answered in time; who and why is on stderr.
    Partly,
    /// The fault selects no pod.
    NoPods,
    /// `run`: the fault was never in force, so the command was not started.
    NotInForce,
    /// `run`: the command's own code; elsewhere 128 and the signal that ended the wait.
    Command(u8),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Error => 1,
            Exit::Usage => 2,
            Exit::Partly => 3,
            Exit::NoPods => 4,
            Exit::NotInForce => 125,
            Exit::Command(code) => code,
        })
    }
}

/// Words that do not make sense: the run ends with [`Exit::Usage`].
#[derive(Debug)]
pub(crate) struct Usage(pub(crate) String);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// A line for the user with the way the run ends, where that is not [`Exit::Error`].
#[derive(Debug)]
pub(crate) struct Ends(pub(crate) Exit, pub(crate) String);

impl fmt::Display for Ends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.1)
    }
}

impl std::error::Error for Ends {}

/// Prints an error, each of its lines as one, and tells how the run ends.
#[expect(
    clippy::needless_pass_by_value,
    reason = "it ends the error, as `unwrap_or_else` wants it"
)]
pub(crate) fn report(error: anyhow::Error) -> Exit {
    for line in format!("{error:#}").lines() {
        eprintln!("error: {line}");
    }
    match error.downcast_ref::<Ends>() {
        Some(Ends(exit, _)) => *exit,
        None if error.is::<Usage>() => Exit::Usage,
        None => Exit::Error,
    }
}
