//! Which pods can be hit at all.

use super::{NodeView, PodView, Refusal, index::Index};

/// Words in the names of runtimes whose network stack is not the node's kernel's.
const SANDBOXED: [&str; 6] = ["gvisor", "runsc", "kata", "firecracker", "hyper", "sandbox"];

/// Labels by which nodes say that they are not machines, with the value where it matters.
const VIRTUAL: [(&str, &str); 4] = [
    ("type", "virtual-kubelet"),
    ("type", "kwok"),
    ("kubernetes.io/role", "virtual-kubelet"),
    ("eks.amazonaws.com/compute-type", "fargate"),
];

/// Whether the hooks of an agent can judge this pod's packets.
pub(super) fn check(pod: &PodView, index: &Index) -> Result<(), Refusal> {
    if pod.host_network {
        return Err(Refusal::HostNetwork);
    }
    let runtime = pod.runtime.as_deref().unwrap_or_default().to_lowercase();
    if SANDBOXED.iter().any(|word| runtime.contains(word)) {
        return Err(Refusal::SandboxedRuntime);
    }
    let name = pod.node.as_deref().ok_or(Refusal::NotScheduled)?;
    let node = index.nodes.get(name).ok_or(Refusal::NodeUnknown)?;
    if node.os == "windows" {
        return Err(Refusal::Windows);
    }
    if is_virtual(node) {
        return Err(Refusal::VirtualNode);
    }
    if pod.ips.is_empty() {
        return Err(Refusal::NoAddress);
    }
    Ok(())
}

fn is_virtual(node: &NodeView) -> bool {
    VIRTUAL
        .iter()
        .any(|(label, value)| node.labels.get(*label).is_some_and(|found| found == value))
}
