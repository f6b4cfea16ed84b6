//! `netfault plan` in a cluster: a fault that only shows what it would hit, made and deleted.

use anyhow::Result;
use chaos_api::{Enforcement, NetworkFault, Span};

use super::{
    bring::{Brought, bring, told},
    create::delete,
    object::object,
    session::Session,
    signals::Signals,
    text,
};
use crate::{
    args::{Output, Plan},
    exit::Exit,
};

pub(super) async fn plan(session: &Session, args: &Plan) -> Result<Exit> {
    let object = object(session, &args.fault, Some(Enforcement::Preview)).await?;
    preview(session, &object, args.patience.timeout, args.output).await
}

/// Makes a preview, waits for it, deletes it, and shows it.
pub(super) async fn preview(
    session: &Session,
    object: &NetworkFault,
    patience: Span,
    form: Output,
) -> Result<Exit> {
    let mut signals = Signals::take()?;
    let brought = bring(session, object, patience, true, &mut signals).await?;
    if let Brought::Whole(fault) | Brought::Part(fault, _) = &brought {
        delete(session, fault).await?;
    }
    show(brought, form)
}

/// Shows what a preview has found.
pub(super) fn show(brought: Brought, form: Output) -> Result<Exit> {
    told(brought, "not looked at", |fault| {
        text::print_preview(form, fault)
    })
}
