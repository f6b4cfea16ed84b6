//! `netfault stop`.

use anyhow::Result;
use chaos_agent::holder::{HolderError, RunDir, clients};
use chaos_api::Receipt;

use super::list::in_force;
use crate::{args::Stop, exit::Exit, output, text};

pub(super) fn stop(args: &Stop) -> Result<Exit> {
    match &args.name {
        Some(name) => {
            let receipt = end(name)?.ok_or_else(|| HolderError::Unknown(name.clone()))?;
            output::receipt(args.output, &receipt)?;
        }
        None => all(args)?,
    }
    Ok(Exit::Done)
}

fn all(args: &Stop) -> Result<()> {
    let mut receipts = Vec::new();
    for fault in in_force()? {
        receipts.extend(end(&fault.name)?);
    }
    output::print(args.output.format, &receipts, |wide| {
        text::list(&receipts, wide)
    })
}

/// Ends a fault, whoever holds it; `None` where nobody does.
fn end(name: &str) -> Result<Option<Receipt>> {
    for mut client in clients(&RunDir::of_env())? {
        match client.stop(name) {
            Ok(Some(receipt)) => return Ok(Some(receipt)),
            Ok(None) | Err(HolderError::Gone) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}
