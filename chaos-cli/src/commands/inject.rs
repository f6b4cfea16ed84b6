//! `netfault inject`.

use anyhow::Result;

use super::foreground;
use crate::{args::Inject, exit::Exit, local, order, output, text};

pub(super) fn inject(args: &Inject) -> Result<Exit> {
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
    output::receipt(args.output, &receipt)?;
    foreground::see_others_out(fault.holding)?;
    Ok(Exit::Done)
}

/// Returns once the fault is in force; a background process holds it.
fn detached(args: &Inject) -> Result<Exit> {
    let order = order::order(&args.fault)?;
    local::ready()?;
    let target = &args.fault.target;
    let receipt = local::with_other_holder(target, |client| client.inject(order.clone()))?;
    if !args.output.quiet {
        let name = &receipt.name;
        eprintln!(
            "{}; `netfault stop {name}` ends it",
            text::in_force(&receipt)
        );
    }
    output::receipt(args.output, &receipt)?;
    Ok(Exit::Done)
}
