//! `netfault doctor` on this machine.

use anyhow::Result;
use chaos_agent::{
    doctor::{leftover, thorough},
    holder::RunDir,
};

use crate::{args::Doctor, exit::Exit, output, table::table};

pub(super) fn doctor(args: &Doctor) -> Result<Exit> {
    let mut checks = thorough();
    checks.push(leftover(&RunDir::of_env(), args.clean));
    output::print(args.output.format, &checks, |_| {
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
