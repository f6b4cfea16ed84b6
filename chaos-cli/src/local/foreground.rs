//! A fault that this process watches: it ends with it.

use std::{thread, time::Duration};

use anyhow::{Context, Result};
use chaos_agent::holder::Watch;
use chaos_api::Receipt;
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

use super::{
    holders::{self, Holding},
    order, text,
};
use crate::args::Fault;

/// A fault in force, and the holder where it is in this process.
pub(super) struct Foreground {
    pub(super) in_force: Receipt,
    pub(super) watch: Watch,
    pub(super) holding: Option<Holding>,
}

/// Brings a fault into force, to end with this process.
pub(super) fn bring(fault: &Fault) -> Result<Foreground> {
    let order = order::order(fault)?;
    holders::ready()?;
    text::trace_to_stderr(fault.trace);
    let ((in_force, watch), holding) =
        holders::with_holder(&fault.target, fault.trace, |client| {
            client.inject_and_watch(order.clone())
        })?;
    Ok(Foreground {
        in_force,
        watch,
        holding,
    })
}

/// Rolls the fault back at the first signal to end, and gives up at once at the second.
pub(super) fn end_on_signal(watch: &Watch, quiet: bool) -> Result<()> {
    let mut stop = watch.stopper()?;
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("cannot take signals")?;
    thread::spawn(move || {
        let mut signals = signals.forever();
        if signals.next().is_some() {
            if !quiet {
                eprintln!("rolling back");
            }
            stop();
        }
        if let Some(signal) = signals.next() {
            // The links close with the process: nothing stays in the kernel. Filters, where it has no
            // tcx, stay as if the process were killed.
            std::process::exit(128 + signal);
        }
    });
    Ok(())
}

/// Waits for other faults that have joined the holder in this process.
pub(super) fn see_others_out(holding: Option<Holding>) -> Result<()> {
    let Some(holding) = holding else {
        return Ok(());
    };
    let alone = (0..100).any(|_| {
        thread::sleep(Duration::from_millis(10));
        holding.is_finished()
    });
    if !alone {
        eprintln!("other faults have joined this process: it holds them until they end");
    }
    holding.finish()
}
