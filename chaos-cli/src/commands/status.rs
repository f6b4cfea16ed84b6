//! `netfault status`.

use std::{thread::sleep, time::Duration};

use anyhow::Result;
use chaos_agent::holder::{HolderError, RunDir, past};
use chaos_api::{Receipt, State, check_name};

use super::list::in_force;
use crate::{
    args::Status,
    exit::{Exit, Usage},
    output,
};

/// How often a watched fault is shown.
const EVERY: Duration = Duration::from_secs(1);

pub(super) fn status(args: &Status) -> Result<Exit> {
    check_name(&args.name).map_err(|wrong| Usage(format!("NAME: {}", wrong.problem)))?;
    loop {
        let receipt = find(&args.name)?;
        output::receipt(args.output, &receipt)?;
        if !args.watch || receipt.state == State::Ended {
            return Ok(Exit::Done);
        }
        sleep(EVERY);
    }
}

/// The receipt of a fault in force, or of one that has ended.
fn find(name: &str) -> Result<Receipt> {
    if let Some(receipt) = in_force()?.into_iter().find(|receipt| receipt.name == name) {
        return Ok(receipt);
    }
    past(&RunDir::of_env(), name)?.ok_or_else(|| HolderError::Unknown(name.into()).into())
}
