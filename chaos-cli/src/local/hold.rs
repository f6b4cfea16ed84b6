//! `netfault hold`: the background process behind `inject --detach`.

use std::{
    fs::File,
    io::{Write, stdout},
    process::exit,
    sync::Arc,
    thread,
};

use anyhow::{Context, Result};
use chaos_agent::{
    holder::{Holder, RunDir},
    inventory::Namespace,
};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

use super::holders::PATIENCE;
use crate::{args::Target, exit::Exit};

pub(super) fn hold(target: &Target) -> Result<Exit> {
    let target = super::target(target)?;
    let namespace = Namespace::find(&target)?;
    let holder = Holder::claim(&RunDir::of_env(), namespace, &target, false)?;
    let mut out = stdout();
    writeln!(out, "ready")?;
    out.flush()?;
    if let Some(holder) = holder.map(Arc::new) {
        leave_terminal()?;
        let_go_on_signal(Arc::clone(&holder))?;
        holder.hold(PATIENCE)?;
    }
    Ok(Exit::Done)
}

/// A signal that ends the process would leave what is no link.
fn let_go_on_signal(holder: Arc<Holder>) -> Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("cannot take signals")?;
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            holder.let_go();
            exit(128 + signal);
        }
    });
    Ok(())
}

/// Goes on without the terminal, its signals and its pipes.
fn leave_terminal() -> Result<()> {
    // It fails where the process leads a group already: then it has no terminal to leave.
    let _ = rustix::process::setsid();
    let nowhere = File::options()
        .write(true)
        .open("/dev/null")
        .context("/dev/null")?;
    rustix::stdio::dup2_stdout(&nowhere)?;
    rustix::stdio::dup2_stderr(&nowhere)?;
    Ok(())
}
