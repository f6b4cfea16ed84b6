//! `netfault list` in a cluster.

use anyhow::Result;
use kube::api::ListParams;
use serde_json::json;

use super::{halt, session::Session, text};
use crate::{args::List, exit::Exit, output};

pub(super) async fn list(session: &Session, args: &List) -> Result<Exit> {
    let namespace = (!args.all_namespaces).then_some(session.namespace.as_str());
    let mut params = ListParams::default();
    params.label_selector.clone_from(&args.selector);
    let found = session.list(namespace, &params).await;
    let mut faults = found.map_err(|error| session.said(error))?;
    faults.iter_mut().for_each(text::tidy);
    if !args.output.quiet {
        halt::say_if_halted(session).await;
    }
    let object = json!({ "apiVersion": "v1", "kind": "List", "items": faults });
    output::print(args.output.format, &object, |wide| {
        if faults.is_empty() {
            return format!("no faults in {}", place(session, args));
        }
        text::list(&faults, args.all_namespaces, wide)
    })?;
    Ok(Exit::Done)
}

fn place(session: &Session, args: &List) -> String {
    if args.all_namespaces {
        "any namespace".into()
    } else {
        format!("namespace {}", session.namespace)
    }
}
