//! `netfault run` on this machine: a command under a fault.

use std::{
    os::unix::process::ExitStatusExt,
    process::{Command, ExitStatus},
};

use anyhow::Result;

use super::{foreground, text};
use crate::{
    args::Run,
    exit::{Exit, NOT_FOUND, NOT_STARTED, Usage},
};

pub(super) fn run(args: &Run) -> Result<Exit> {
    let fault = match foreground::bring(&args.fault) {
        Ok(fault) => fault,
        Err(error) if error.is::<Usage>() => return Err(error),
        Err(error) => {
            eprintln!("error: {error:#}");
            return Ok(Exit::NotInForce);
        }
    };
    foreground::end_on_signal(&fault.watch, args.quiet)?;
    if !args.quiet {
        eprintln!("{}", text::in_force(&fault.in_force));
    }
    let code = command(args);
    let mut stop = fault.watch.stopper()?;
    stop();
    let receipt = fault.watch.wait()?;
    if !args.quiet {
        eprintln!("{}", text::receipt(&receipt, false));
    }
    foreground::see_others_out(fault.holding)?;
    Ok(Exit::Command(code))
}

fn command(args: &Run) -> u8 {
    let Some((program, rest)) = args.command.split_first() else {
        return NOT_FOUND;
    };
    match Command::new(program).args(rest).status() {
        Ok(status) => code(status),
        Err(error) => {
            eprintln!("error: {}: {error}", program.display());
            match error.kind() {
                std::io::ErrorKind::NotFound => NOT_FOUND,
                _ => NOT_STARTED,
            }
        }
    }
}

/// The code a shell would return: 128 and the signal for a command that one ended.
fn code(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
