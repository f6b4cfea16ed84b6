//! `netfault stop` on this machine.

use anyhow::Result;
use chaos_agent::holder::HolderError;
use chaos_api::Receipt;

use super::{holders, list::in_force, text};
use crate::{args::Stop, exit::Exit, output};

pub(super) fn stop(args: &Stop) -> Result<Exit> {
    super::refuse(args.reason.as_ref().map(|_| "--reason"))?;
    match &args.name {
        Some(name) => {
            let receipt = end(name)?.ok_or_else(|| HolderError::Unknown(name.clone()))?;
            text::print(args.output, &receipt)?;
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
    holders::first(|client| client.stop(name))
}
