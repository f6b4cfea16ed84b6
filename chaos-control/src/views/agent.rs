//! netfault's own agents.

use chaos_plan::Agent;
use k8s_openapi::api::core::v1::{Pod, PodStatus};

/// By which an agent's pod is known, in netfault's own namespace.
const LABEL: (&str, &str) = ("app.kubernetes.io/name", "netfault-agent");

/// The node of an agent's pod, and whether the agent is there; nothing for any other pod.
pub fn agent(pod: &Pod) -> Option<(String, Agent)> {
    let (name, value) = LABEL;
    if pod.metadata.labels.as_ref()?.get(name)? != value {
        return None;
    }
    let node = pod.spec.as_ref()?.node_name.clone()?;
    Some((node, pod.status.as_ref().map_or(Agent::Gone, there)))
}

fn there(status: &PodStatus) -> Agent {
    let mut conditions = status.conditions.iter().flatten();
    if conditions.any(|one| one.type_ == "Ready" && one.status == "True") {
        return Agent::Ready;
    }
    let mut containers = status.container_statuses.iter().flatten();
    let runs = containers.any(|one| one.state.as_ref().is_some_and(|s| s.running.is_some()));
    if runs { Agent::NotReady } else { Agent::Gone }
}
