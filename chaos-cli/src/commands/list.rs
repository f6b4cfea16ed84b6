//! `netfault list`.

use anyhow::Result;
use chaos_agent::holder::{HolderError, RunDir, clients};
use chaos_api::Receipt;

use crate::{args::Output, exit::Exit, output, text};

pub(super) fn list(form: Output) -> Result<Exit> {
    let receipts = in_force()?;
    output::print(form.format, &receipts, |wide| text::list(&receipts, wide))?;
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
