//! Whether each node's agent can act.

use std::collections::BTreeMap;

use chaos_api::{NodeReport, NodeReportStatus};
use k8s_openapi::api::core::v1::Node;
use kube::{Api, api::ListParams};

use super::Check;
use crate::cluster::{errors::is_forbidden, install::SYSTEM, session::Session};

/// The agents by node, or one check where they cannot be told apart.
pub(super) async fn agents(session: &Session) -> Vec<Check> {
    let reports: Api<NodeReport> = Api::all(session.client.clone());
    let reports = match reports.list(&ListParams::default()).await {
        Ok(reports) => reports.items,
        Err(error) if is_forbidden(&error) => return vec![Check::unseen("agents")],
        Err(error) => {
            return vec![Check::no(
                "agents",
                format!("{:#}", session.said(error)),
                "",
            )];
        }
    };
    let mut by_node: BTreeMap<String, Option<NodeReportStatus>> = reports
        .into_iter()
        .map(|report| (report.metadata.name.unwrap_or_default(), report.status))
        .collect();
    if let Some(nodes) = nodes(session).await {
        by_node.retain(|node, _| nodes.contains(node));
        for node in nodes {
            by_node.entry(node).or_default();
        }
    }
    if by_node.is_empty() {
        return vec![Check::no("agents", "no node has one", "netfault install")];
    }
    by_node
        .iter()
        .map(|(node, status)| agent(node, status.as_ref()))
        .collect()
}

/// The Linux nodes; nothing where the user may not read them.
async fn nodes(session: &Session) -> Option<Vec<String>> {
    let nodes: Api<Node> = Api::all(session.client.clone());
    let linux = ListParams::default().labels("kubernetes.io/os=linux");
    let found = nodes.list(&linux).await.ok()?.items.into_iter();
    Some(found.filter_map(|node| node.metadata.name).collect())
}

fn agent(node: &str, status: Option<&NodeReportStatus>) -> Check {
    let need = format!("agent on {node}");
    let fix = format!("kubectl -n {SYSTEM} get pods -o wide --field-selector spec.nodeName={node}");
    let Some(status) = status.filter(|status| !status.agent_version.is_empty()) else {
        return Check::no(need, "it has never answered", fix);
    };
    let version = &status.agent_version;
    match status.ready() {
        Some(ready) if ready.status == "True" => Check::ok(need, format!("version {version}")),
        Some(ready) => Check::no(need, format!("{}: {}", ready.reason, ready.message), fix),
        None => Check::no(
            need,
            format!("version {version} has not said whether it can act"),
            fix,
        ),
    }
}
