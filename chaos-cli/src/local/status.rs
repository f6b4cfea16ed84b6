//! `netfault status` on this machine.

use std::{thread::sleep, time::Duration};

use anyhow::Result;
use chaos_agent::holder::{HolderError, RunDir, past};
use chaos_api::{Receipt, State, check_name};

use super::{list::in_force, text};
use crate::{
    args::Status,
    exit::{Exit, Usage},
};

/// How often a watched fault is shown.
const EVERY: Duration = Duration::from_secs(1);

pub(super) fn status(args: &Status) -> Result<Exit> {
    loop {
        let receipt = find(&args.name)?;
        text::print(args.output, &receipt)?;
        if !args.watch || receipt.state == State::Ended {
            return Ok(Exit::Done);
        }
        sleep(EVERY);
    }
}

/// The receipt of a fault in force, or of one that has ended.
pub(super) fn find(name: &str) -> Result<Receipt> {
    check(name)?;
    if let Some(receipt) = in_force()?.into_iter().find(|receipt| receipt.name == name) {
        return Ok(receipt);
    }
    past(&RunDir::of_env(), name)?.ok_or_else(|| HolderError::Unknown(name.into()).into())
}

/// Checks a name: NAME, or NAMESPACE/NAME for a fault that the node's agent holds.
pub(super) fn check(name: &str) -> Result<()> {
    for part in name.splitn(2, '/') {
        check_name(part).map_err(|wrong| Usage(format!("NAME: {}", wrong.problem)))?;
    }
    Ok(())
}
