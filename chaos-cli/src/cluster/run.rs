//! `netfault run` in a cluster: a command under a fault.

use std::{
    io::{ErrorKind, IsTerminal, stdin},
    os::unix::process::ExitStatusExt,
    process::ExitStatus,
    time::Duration,
};

use anyhow::Result;
use chaos_api::NetworkFault;
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    process::{Child, Command},
    signal::unix::SignalKind,
};

use super::{
    bring::{Brought, bring, end, take_back},
    object::object,
    session::Session,
    signals::{self, Signals},
    stand::{current, is_over, missing},
    text,
};
use crate::{
    args::Run,
    exit::{Exit, NOT_FOUND, NOT_STARTED, Usage},
    output,
};

pub(super) async fn run(session: &Session, args: &Run) -> Result<Exit> {
    let mut signals = Signals::take()?;
    let Some(fault) = in_force(session, args, &mut signals).await? else {
        return Ok(Exit::NotInForce);
    };
    if !args.quiet {
        eprintln!("{}", text::in_force(&fault));
    }
    let code = command(args, &mut signals).await;
    let patience = Duration::from(args.patience.timeout);
    let ended = end(session, &fault, patience).await?;
    if !args.quiet {
        eprintln!("{}", text::receipt(&ended, false));
    }
    if !is_over(&ended) {
        let lines = current(&ended).map(missing).unwrap_or_default();
        eprintln!(
            "warning: not all have confirmed its end\n{}",
            lines.join("\n")
        );
    }
    Ok(Exit::Command(code))
}

/// The fault in force in every pod; nothing, and why on stderr, where it is not. A command that ran
/// while only some pods were hit would tell nothing.
async fn in_force(
    session: &Session,
    args: &Run,
    signals: &mut Signals,
) -> Result<Option<NetworkFault>> {
    let brought = async {
        let object = object(session, &args.fault, None).await?;
        bring(session, &object, args.patience.timeout, args.quiet, signals).await
    };
    match brought.await {
        Ok(Brought::Whole(fault)) => return Ok(Some(fault)),
        Ok(Brought::Part(fault, lines)) => {
            output::complain("error: not in force", lines);
            take_back(session, &fault).await?;
        }
        Ok(Brought::Not(_, why)) => output::complain("error", why.lines()),
        Ok(Brought::Interrupted(_)) => eprintln!("error: interrupted"),
        Err(error) if error.is::<Usage>() => return Err(error),
        Err(error) => eprintln!("error: {error:#}"),
    }
    Ok(None)
}

/// Runs the command and passes signals on to it; its code.
async fn command(args: &Run, signals: &mut Signals) -> u8 {
    let Some((program, rest)) = args.command.split_first() else {
        return NOT_FOUND;
    };
    let mut child = match Command::new(program).args(rest).spawn() {
        Ok(child) => child,
        Err(error) => {
            eprintln!("error: {}: {error}", program.display());
            return match error.kind() {
                ErrorKind::NotFound => NOT_FOUND,
                _ => NOT_STARTED,
            };
        }
    };
    loop {
        tokio::select! {
            status = child.wait() => return status.map_or(1, code),
            signal = signals.next() => pass_on(&child, signal),
        }
    }
}

/// Passes a signal on. Ctrl-C reaches the command without us: it is in the terminal's foreground as
/// we are.
fn pass_on(child: &Child, signal: SignalKind) {
    if signal == SignalKind::interrupt() && stdin().is_terminal() {
        return;
    }
    let pid = child
        .id()
        .and_then(|pid| i32::try_from(pid).ok())
        .and_then(Pid::from_raw);
    if let (Some(pid), Some(signal)) = (pid, Signal::from_named_raw(signal.as_raw_value())) {
        // One that has ended meanwhile needs none.
        let _ = kill_process(pid, signal);
    }
}

/// The code a shell would return: 128 and the signal for a command that one ended.
fn code(status: ExitStatus) -> u8 {
    let by_signal = || {
        status
            .signal()
            .map(|signal| signals::code(SignalKind::from_raw(signal)))
    };
    let code = status.code().map(|code| u8::try_from(code).unwrap_or(1));
    code.or_else(by_signal).unwrap_or(1)
}
