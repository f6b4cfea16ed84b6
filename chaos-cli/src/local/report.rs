//! `netfault report` on this machine.

use anyhow::Result;

use super::{status, text};
use crate::{args::Report, exit::Exit, output};

pub(super) fn report(args: &Report) -> Result<Exit> {
    let receipt = status::find(&args.name)?;
    output::print(args.output.format, &receipt, |_| {
        text::receipt(&receipt, true)
    })?;
    Ok(Exit::Done)
}
