//! `netfault status` in a cluster.

use anyhow::Result;
use chaos_api::NetworkFault;

use super::{session::Session, stand::is_over, text, watch};
use crate::{args::Status, exit::Exit};

pub(super) async fn status(session: &Session, args: &Status) -> Result<Exit> {
    let named = session.named(&args.name)?;
    let fault = session.get(&named).await?;
    text::print(args.output, &fault)?;
    if !args.watch || is_over(&fault) {
        return Ok(Exit::Done);
    }
    let mut shown = text::receipt(&fault, true);
    let find = |fault: &NetworkFault| {
        let now = text::receipt(fault, true);
        let printed = if now == shown {
            Ok(())
        } else {
            text::print(args.output, fault)
        };
        shown = now;
        match printed {
            Err(error) => Some(Err(error)),
            Ok(()) => is_over(fault).then_some(Ok(())),
        }
    };
    match watch::until(session, &named, None, find).await? {
        watch::Seen::Found(done) => done?,
        watch::Seen::Gone => eprintln!("{named} was deleted"),
        watch::Seen::Late => {}
    }
    Ok(Exit::Done)
}
