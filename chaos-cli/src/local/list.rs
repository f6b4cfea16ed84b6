//! `netfault list` on this machine.

use anyhow::Result;
use chaos_agent::holder::{HolderError, RunDir, clients};
use chaos_api::Receipt;

use super::text;
use crate::{args::List, exit::Exit, output};

pub(super) fn list(args: &List) -> Result<Exit> {
    let flags = [
        ("--all-namespaces", args.all_namespaces),
        ("--selector", args.selector.is_some()),
    ];
    super::refuse(
        flags
            .into_iter()
            .filter_map(|(flag, given)| given.then_some(flag)),
    )?;
    let receipts = in_force()?;
    output::print(args.output.format, &receipts, |wide| {
        text::list(&receipts, wide)
    })?;
    Ok(Exit::Done)
}

/// The faults in force on this machine, by name.
pub(super) fn in_force() -> Result<Vec<Receipt>> {
    let mut receipts = Vec::new();
    for mut client in clients(&RunDir::of_env())? {
        match client.list() {
            Ok(faults) => receipts.extend(faults),
            // It ended while we asked, and its faults with it.
            Err(HolderError::Gone) => {}
            Err(error) => return Err(error.into()),
        }
    }
    receipts.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(receipts)
}
