//! `netfault stop NAME` in a cluster.

use std::time::Duration;

use anyhow::Result;

use super::{
    bring::end,
    session::Session,
    stand::{Stand, current, is_over, missing, stand},
    text,
};
use crate::{args::Stop, exit::Exit, output};

pub(super) async fn stop(session: &Session, args: &Stop) -> Result<Exit> {
    let named = session.named(args.name.as_deref().unwrap_or_default())?;
    let fault = session.get(&named).await?;
    if let Stand::Over(why) = stand(&fault) {
        if !args.output.quiet {
            eprintln!("{named} was over already: {why}");
        }
        text::print(args.output, &fault)?;
        return Ok(Exit::Done);
    }
    let ended = end(session, &fault, Duration::from(args.patience.timeout)).await?;
    text::print(args.output, &ended)?;
    if is_over(&ended) {
        return Ok(Exit::Done);
    }
    let status = current(&ended);
    let lines = status.map(|status| [missing(status), text::held(status)].concat());
    let lines = lines.filter(|lines| !lines.is_empty());
    let silent = || vec!["netfault's controller has not answered".to_owned()];
    output::complain("end not confirmed", lines.unwrap_or_else(silent));
    Ok(Exit::Partly)
}
