//! `netfault inject` on this machine.

use anyhow::Result;

use super::{foreground, holders, order, text};
use crate::{args::Inject, exit::Exit, mode};

pub(super) fn inject(args: &Inject) -> Result<Exit> {
    super::refuse(args.way.flags())?;
    if args.detach {
        detached(args)
    } else {
        attached(args)
    }
}

/// Stays until the fault has ended, by itself or by a signal; then prints its receipt.
fn attached(args: &Inject) -> Result<Exit> {
    let fault = foreground::bring(&args.fault)?;
    foreground::end_on_signal(&fault.watch, args.output.quiet)?;
    if !args.output.quiet {
        eprintln!("{}; Ctrl-C rolls it back", text::in_force(&fault.in_force));
    }
    let receipt = fault.watch.wait()?;
    text::print(args.output, &receipt)?;
    foreground::see_others_out(fault.holding)?;
    Ok(Exit::Done)
}

/// Returns once the fault is in force; a background process holds it.
fn detached(args: &Inject) -> Result<Exit> {
    let order = order::order(&args.fault)?;
    holders::ready()?;
    let target = &args.fault.target;
    let receipt = holders::with_other_holder(target, |client| client.inject(order.clone()))?;
    if !args.output.quiet {
        let local = if mode::is_cluster_by_default() {
            " --local"
        } else {
            ""
        };
        let (line, name) = (text::in_force(&receipt), &receipt.name);
        eprintln!("{line}; `netfault stop {name}{local}` ends it");
    }
    text::print(args.output, &receipt)?;
    Ok(Exit::Done)
}
