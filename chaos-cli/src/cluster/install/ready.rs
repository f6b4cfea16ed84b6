//! Whether an installation's workloads are ready.

use anyhow::Result;
use kube::api::DynamicObject;
use serde_json::Value;

use super::{
    apply::api,
    manifests::{kind, title},
};
use crate::cluster::session::Session;

/// The workloads that are not ready, a line each.
pub(super) async fn missing(session: &Session, objects: &[DynamicObject]) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for object in objects {
        let fields = match kind(object) {
            "DaemonSet" => [
                "desiredNumberScheduled",
                "updatedNumberScheduled",
                "numberReady",
            ],
            "Deployment" => ["replicas", "updatedReplicas", "readyReplicas"],
            _ => continue,
        };
        let Some(api) = api(session, object).await? else {
            continue;
        };
        let name = object.metadata.name.as_deref().unwrap_or_default();
        let found = api.get(name).await.map_err(|error| session.said(error))?;
        let observed = found.data["status"]["observedGeneration"].as_i64();
        let wanted = found.data["spec"]["replicas"].as_u64();
        lines.extend(
            open(&found.data["status"], fields, wanted)
                .or_else(|| (observed != found.metadata.generation).then(|| "not begun".into()))
                .map(|line| format!("{}: {line}", title(object))),
        );
    }
    Ok(lines)
}

/// What is still open by a workload's status.
fn open(status: &Value, fields: [&str; 3], wanted: Option<u64>) -> Option<String> {
    let [desired, updated, ready] = fields.map(|field| status[field].as_u64().unwrap_or(0));
    let desired = wanted.unwrap_or(desired);
    (updated < desired || ready < desired).then(|| format!("{ready} of {desired} pods are ready"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::open;

    const FIELDS: [&str; 3] = ["replicas", "updatedReplicas", "readyReplicas"];

    #[test]
    fn a_workload_is_ready_when_every_pod_is_new_and_ready() {
        let status = json!({"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2});
        assert_eq!(open(&status, FIELDS, Some(2)), None);
        let old = json!({"replicas": 2, "updatedReplicas": 1, "readyReplicas": 2});
        assert!(open(&old, FIELDS, Some(2)).is_some());
        let line = open(&json!({}), FIELDS, Some(2));
        assert_eq!(line.as_deref(), Some("0 of 2 pods are ready"));
    }
}
