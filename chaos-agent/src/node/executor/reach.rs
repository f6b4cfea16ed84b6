//! From a plan's words to the engine's: how a pod is found, and what an engine is told.

use std::net::IpAddr;

use chaos_api::{FaultSpec, Span};
use chaos_plan::{PodOrder, PodPlan, Spare};

use super::refusal::refusal;
use crate::{
    engine::{Engine, Order},
    inventory::{FindError, FindReason, Namespace, Target},
    node::ledger::Refusal,
};

/// Finds a pod's network namespace.
pub(super) fn find(pod: &PodPlan) -> Result<Namespace, Refusal> {
    let found = Namespace::find(&target(pod));
    found.map_err(|error| refusal_of_find(&error))
}

/// Attaches an engine to a pod's network.
pub(super) fn open(pod: &PodPlan) -> Result<Engine, Refusal> {
    let namespace = find(pod)?;
    Engine::open(namespace, &target(pod), false).map_err(|error| refusal(&error))
}

/// What an engine is told. `own` are the node's addresses, from any of which the kubelet probes.
pub(super) fn order(order: &PodOrder, left: Span, own: &[IpAddr]) -> Order {
    Order {
        name: order.id.to_string(),
        spec: FaultSpec {
            duration: left,
            ..order.spec.clone()
        },
        seed: order.seed,
        spare: spare(order, own),
    }
}

/// The probes that an order spares.
pub(super) fn spare(order: &PodOrder, own: &[IpAddr]) -> Spare {
    if order.spared_ports.is_empty() {
        return Spare::default();
    }
    let mut sources: Vec<IpAddr> = order.sources.iter().chain(own).copied().collect();
    sources.sort_unstable();
    sources.dedup();
    Spare {
        ports: order.spared_ports.clone(),
        sources,
    }
}

/// The node's own addresses.
pub(super) fn own_addresses() -> Vec<IpAddr> {
    Vec::new()
}

fn target(pod: &PodPlan) -> Target {
    let classes = ["", "besteffort/", "burstable/"];
    let paths = classes.map(|class| format!("/kubepods/{class}pod{}", pod.uid));
    let there = paths
        .iter()
        .find(|path| Namespace::find(&Target::Cgroup(path.into())).is_ok());
    Target::Cgroup(there.unwrap_or(&paths[0]).into())
}

fn refusal_of_find(error: &FindError) -> Refusal {
    let reason = match error.reason {
        FindReason::NoProcess => "NoProcess",
        FindReason::FirstProcess => "HostNetwork",
        _ => "NamespaceNotReached",
    };
    Refusal {
        reason,
        message: error.to_string(),
        starting: matches!(error.reason, FindReason::NoProcess),
    }
}
