//! From a plan's words to the engine's: how a pod is found, and what an engine is told.

use std::net::IpAddr;

use chaos_api::{FaultSpec, Span};
use chaos_plan::{PodOrder, PodPlan, Spare};

use super::{
    refusal::{other, plain, refusal},
    stock::Stock,
};
use crate::{
    causes::with_causes,
    engine::{Engine, Order},
    holder::RunDir,
    inventory::{FindError, FindReason, Namespace, Target, local_addresses},
    node::ledger::Refusal,
};

/// Finds a pod's network namespace.
pub(super) fn find(pod: &PodPlan) -> Result<Namespace, Refusal> {
    let found = Namespace::find(&target(pod));
    found.map_err(|error| refusal_of_find(&error))
}

/// Attaches an engine to a pod's network, unless somebody on the node has one there.
pub(super) fn open(pod: &PodPlan, dir: &RunDir, stock: &Stock) -> Result<Engine, Refusal> {
    let namespace = find(pod)?;
    let lock = dir.lock(namespace.inode());
    let lock = lock.map_err(|error| other("NoLock", &error))?;
    let lock = lock.ok_or_else(held)?;
    let dataplane = stock.take().map_err(|error| refusal(&error.into()))?;
    let opened = Engine::with(dataplane, namespace, &target(pod));
    let mut engine = opened.map_err(|error| refusal(&error))?;
    engine.keep(lock);
    Ok(engine)
}

fn held() -> Refusal {
    let message = "a netfault on the node itself holds faults there: `netfault list` on the node";
    plain("HeldOnNode", message)
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
    local_addresses().unwrap_or_else(|error| {
        tracing::warn!("probes may not be spared from all of the node's addresses: {error}");
        Vec::new()
    })
}

fn target(pod: &PodPlan) -> Target {
    Target::Pod {
        uid: pod.uid.clone(),
        hash: pod.hash.clone(),
        ips: pod.ips.clone(),
    }
}

/// A pod that is starting, or ending, has no process yet, or none with its address.
fn refusal_of_find(error: &FindError) -> Refusal {
    let (reason, starting) = match error.reason {
        FindReason::NoProcess => ("NoProcess", true),
        FindReason::NamespaceMismatch { .. } => ("NamespaceMismatch", true),
        FindReason::FirstProcess => ("HostNetwork", false),
        _ => ("NamespaceNotReached", false),
    };
    Refusal {
        reason,
        message: with_causes(error),
        starting,
    }
}
