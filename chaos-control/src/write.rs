//! Writes to the API server.

use std::error::Error;
use std::time::Duration;

use chaos_api::{
    NetworkFault, NetworkFaultStatus, NodePlan, NodePlanSpec, NodeReport, NodeReportSpec,
};
use chaos_plan::FaultId;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client, Resource};
use serde_json::json;
use thiserror::Error;

use crate::ledger::Job;

/// Under which name fields are owned, and events are told.
pub(crate) const MANAGER: &str = "netfault-controller";

/// The longest that a write may take: a leader writes only while so much of its lease is left.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(4);

/// Why a write failed.
#[derive(Debug, Error)]
pub(crate) enum WriteError {
    /// The API server said no, or could not be asked.
    #[error(transparent)]
    Api(#[from] kube::Error),
    /// No answer in time.
    #[error("no answer in time")]
    Timeout(#[from] tokio::time::error::Elapsed),
}

/// Carries out a write.
pub(crate) async fn write(client: &Client, job: &Job) -> Result<(), WriteError> {
    let write = async {
        match job {
            Job::Plan { node, owner, spec } => plan(client, node, owner, spec).await,
            Job::Report { node, owner } => report(client, node, owner).await,
            Job::Status { id, status, .. } => self::status(client, id, status).await,
        }
    };
    Ok(tokio::time::timeout(TIMEOUT, write).await??)
}

async fn plan(client: &Client, node: &str, owner: &str, spec: &NodePlanSpec) -> kube::Result<()> {
    let mut plan = NodePlan::new(node, spec.clone());
    plan.metadata.owner_references = Some(vec![owned(node, owner)]);
    let api: Api<NodePlan> = Api::all(client.clone());
    let patch = Patch::Apply(&plan);
    api.patch_metadata(node, &params(), &patch).await.map(drop)
}

async fn report(client: &Client, node: &str, owner: &str) -> kube::Result<()> {
    let mut report = NodeReport::new(node, NodeReportSpec {});
    report.metadata.owner_references = Some(vec![owned(node, owner)]);
    let api: Api<NodeReport> = Api::all(client.clone());
    let patch = Patch::Apply(&report);
    api.patch_metadata(node, &params(), &patch).await.map(drop)
}

/// Names the UID, so that a new fault of the same name does not get an old one's status; one that
/// has gone needs none.
async fn status(client: &Client, id: &FaultId, status: &NetworkFaultStatus) -> kube::Result<()> {
    let patch = json!({
        "apiVersion": NetworkFault::api_version(&()),
        "kind": NetworkFault::kind(&()),
        "metadata": { "name": id.name, "namespace": id.namespace, "uid": id.uid },
        "status": status,
    });
    let api: Api<NetworkFault> = Api::namespaced(client.clone(), &id.namespace);
    let patch = Patch::Apply(patch);
    match api.patch_status(&id.name, &params(), &patch).await {
        Err(kube::Error::Api(said)) if matches!(said.code, 404 | 409) => Ok(()),
        done => done.map(drop),
    }
}

/// An error with its causes: the client's own errors name none.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let own = error.to_string();
        if !text.ends_with(&own) {
            text = format!("{text}: {own}");
        }
        cause = error.source();
    }
    // What the API server said stands there a second time, for debugging.
    let end = text.find(" (Status {").unwrap_or(text.len());
    text.truncate(end);
    text
}

fn params() -> PatchParams {
    PatchParams::apply(MANAGER).force()
}

/// A node as the owner, with which its objects go.
fn owned(name: &str, uid: &str) -> OwnerReference {
    OwnerReference {
        api_version: "v1".into(),
        kind: "Node".into(),
        name: name.into(),
        uid: uid.into(),
        ..OwnerReference::default()
    }
}

impl Job {
    /// The resource that it writes.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Plan { .. } => "nodeplans",
            Self::Report { .. } => "nodereports",
            Self::Status { .. } => "networkfaults",
        }
    }
}

impl WriteError {
    /// The kind of the error, in a word.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Timeout(_) => "timeout",
            Self::Api(kube::Error::Api(status)) => match status.code {
                403 => "forbidden",
                404 => "not_found",
                409 => "conflict",
                422 => "invalid",
                429 => "too_many_requests",
                500.. => "server",
                _ => "request",
            },
            Self::Api(_) => "connection",
        }
    }
}
