//! `netfault report` in a cluster.

use anyhow::Result;

use super::{session::Session, text};
use crate::{args::Report, exit::Exit, output};

pub(super) async fn report(session: &Session, args: &Report) -> Result<Exit> {
    let mut fault = session.get(&session.named(&args.name)?).await?;
    text::tidy(&mut fault);
    output::print(args.output.format, &fault, |_| text::receipt(&fault, true))?;
    Ok(Exit::Done)
}
