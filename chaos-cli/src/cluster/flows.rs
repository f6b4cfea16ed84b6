//! `netfault flows` in a cluster: the preview of a fault that would hit every connection.

use anyhow::Result;
use chaos_api::{NetworkFault, Span};

use super::{object::preview_of, plan, pods, session::Session};
use crate::{args::Flows, exit::Exit, words};

/// How long the preview may stay if nobody deletes it.
const LONGEST: Span = Span::from_secs(60);

pub(super) async fn flows(session: &Session, args: &Flows) -> Result<Exit> {
    let wanted = pods::wanted(session, &args.words, args.selector.as_deref()).await?;
    let name = format!("flows-{:08x}", words::random()?);
    let mut object = NetworkFault::new(&name, preview_of(wanted, LONGEST));
    object.metadata.namespace = Some(session.namespace.clone());
    plan::preview(session, &object, args.patience.timeout, args.output).await
}
