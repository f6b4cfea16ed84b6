//! `netfault edit` on this machine: the time and the parameters of a fault.

use anyhow::Result;
use chaos_agent::holder::{HolderError, RunDir, clients};
use chaos_api::{Change, Receipt};

use super::{status::check, text};
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
    let receipt =
        tell(&args.name, change)?.ok_or_else(|| HolderError::Unknown(args.name.clone()))?;
    text::print(args.output, &receipt)?;
    Ok(Exit::Done)
}

/// Tells the holder of a fault; `None` where nobody holds it.
fn tell(name: &str, change: Change) -> Result<Option<Receipt>> {
    for mut client in clients(&RunDir::of_env())? {
        match client.edit(name, change) {
            Ok(None) | Err(HolderError::Gone) => {}
            outcome => return Ok(outcome?),
        }
    }
    Ok(None)
}
