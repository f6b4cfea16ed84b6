//! Creating a fault, changing it, and taking it back.

use anyhow::{Context, Result};
use chaos_api::NetworkFault;
use kube::{
    Resource,
    api::{DeleteParams, Patch, PatchParams, Preconditions},
};
use serde_json::{Value, json};

use super::{
    errors::is_not_found,
    session::{Named, Session},
};

/// Who we are in an object's managed fields.
pub(super) const MANAGER: &str = "netfault";

/// Creates a fault. An unknown field is refused: the API server would drop it, and the fault would
/// be another one.
pub(super) async fn create(session: &Session, fault: &NetworkFault) -> Result<NetworkFault> {
    send(session, fault, "").await
}

/// Asks whether the API server would take a fault; nothing is created.
pub(super) async fn try_out(session: &Session, fault: &NetworkFault) -> Result<NetworkFault> {
    send(session, fault, "&dryRun=All").await
}

/// Changes a part of a fault's spec.
pub(super) async fn change(session: &Session, named: &Named, spec: Value) -> Result<NetworkFault> {
    let params = PatchParams {
        field_manager: Some(MANAGER.into()),
        ..PatchParams::default()
    };
    let patch = Patch::Merge(json!({ "spec": spec }));
    let faults = session.faults(&named.namespace);
    let changed = faults.patch(&named.name, &params, &patch).await;
    changed.map_err(|error| session.said(error))
}

/// Deletes this very fault; one that has gone is no error.
pub(super) async fn delete(session: &Session, fault: &NetworkFault) -> Result<()> {
    let named = named(fault);
    let params = DeleteParams::default().preconditions(Preconditions {
        uid: fault.metadata.uid.clone(),
        resource_version: None,
    });
    let faults = session.faults(&named.namespace);
    match faults.delete(&named.name, &params).await {
        Err(error) if !is_not_found(&error) => Err(session.said(error)),
        _ => Ok(()),
    }
}

/// The names of a fault that the API server has given us.
pub(super) fn named(fault: &NetworkFault) -> Named {
    Named {
        namespace: fault.metadata.namespace.clone().unwrap_or_default(),
        name: fault.metadata.name.clone().unwrap_or_default(),
    }
}

async fn send(session: &Session, fault: &NetworkFault, more: &str) -> Result<NetworkFault> {
    let path = NetworkFault::url_path(&(), fault.metadata.namespace.as_deref());
    let uri = format!("{path}?fieldManager={MANAGER}&fieldValidation=Strict{more}");
    let body = serde_json::to_vec(fault).context("the fault")?;
    let request = http::Request::post(uri)
        .header(http::header::CONTENT_TYPE, "application/json")
        .body(body)
        .context("the fault")?;
    let created = session.client.request(request).await;
    created.map_err(|error| session.said(error))
}
