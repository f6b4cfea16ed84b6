//! `netfault doctor` on this machine.

use anyhow::Result;
use chaos_agent::doctor::thorough;

use crate::{args::Output, exit::Exit, output, table::table};

pub(super) fn doctor(form: Output) -> Result<Exit> {
    let checks = thorough();
    output::print(form.format, &checks, |_| {
        let rows = checks.iter().map(|check| {
            let mark = if check.ok { "ok" } else { "no" };
            [
                check.need.to_owned(),
                mark.to_owned(),
                check.found.clone(),
                check.fix.clone(),
            ]
        });
        table(["NEED", "", "FOUND", "WHAT TO DO"], rows)
    })?;
    let well = checks.iter().all(|check| check.ok);
    Ok(if well { Exit::Done } else { Exit::Error })
}
