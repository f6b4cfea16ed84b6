//! `netfault edit` on this machine: the time and the parameters of a fault.

use anyhow::Result;
use chaos_agent::holder::HolderError;
use chaos_api::Change;

use super::{holders, status::check, text};
use crate::{args::Edit, exit::Exit, words};

pub(super) fn edit(args: &Edit) -> Result<Exit> {
    check(&args.name)?;
    let faults = match args.words.as_slice() {
        [] => None,
        words => Some(words::faults(words)?),
    };
    let change = Change {
        faults,
        duration: args.duration,
    };
    let receipt = holders::first(|client| client.edit(&args.name, change.clone()))?;
    let receipt = receipt.ok_or_else(|| HolderError::Unknown(args.name.clone()))?;
    text::print(args.output, &receipt)?;
    Ok(Exit::Done)
}
