//! The kinds that are watched.

use std::sync::Arc;

use chaos_api::{HALT, Halt, NetworkFault, NodePlan, NodeReport, SETTINGS, WithPath};
use futures::future::try_join;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Node, Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::node::v1::RuntimeClass;
use kube::api::ListParams;
use kube::core::{DeserializeGuard, error_boundary::InvalidObject};
use kube::runtime::watcher::Config;
use kube::{Api, Client};
use tokio::{task::JoinSet, time::timeout};

use super::{Watch, key};
use crate::mirror::Mirror;
use crate::shared::Shared;
use crate::views::{self, ShownPlan, ShownReport};
use crate::write::{TIMEOUT, WriteError};

/// The watches.
pub(crate) const NAMES: [&str; 11] = [
    "networkfaults",
    "nodeplans",
    "nodereports",
    "halts",
    "pods",
    "services",
    "endpointslices",
    "namespaces",
    "nodes",
    "runtimeclasses",
    "configmaps",
];

/// Starts all of them.
pub(crate) fn spawn(client: &Client, namespace: &str, shared: &Arc<Shared>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    macro_rules! watch {
        ($name:literal, $api:expr, $config:expr, $put:expr) => {
            let watch = Watch {
                name: $name,
                api: $api,
                config: $config,
                put: $put,
            };
            tasks.spawn(watch.run(shared.clone()));
        };
        ($name:literal, $put:expr) => {
            watch!($name, Api::all(client.clone()), Config::default(), $put);
        };
    }
    watch!("networkfaults", put_fault);
    watch!("nodeplans", put_plan);
    watch!("nodereports", put_report);
    watch!(
        "halts",
        |mirror, name, halt: Option<DeserializeGuard<Halt>>| {
            if name == HALT {
                mirror.put_halt(halt.is_some());
            }
        }
    );
    watch!("pods", |mirror, key, pod: Option<Pod>| mirror
        .put_pod(key, pod.as_ref()));
    watch!("services", |mirror, key, service: Option<Service>| mirror
        .put_service(key, service.as_ref().map(views::service)));
    watch!(
        "endpointslices",
        |mirror, key, slice: Option<EndpointSlice>| mirror
            .put_endpoints(key, slice.as_ref().and_then(views::endpoints))
    );
    watch!("namespaces", |mirror, key, one: Option<Namespace>| mirror
        .put_namespace(key, one.as_ref().map(views::namespace)));
    watch!("nodes", |mirror, key, node: Option<Node>| mirror
        .put_node(key, node.as_ref()));
    watch!(
        "runtimeclasses",
        |mirror, key, one: Option<RuntimeClass>| {
            mirror.put_class(key, one.map(|class| class.handler));
        }
    );
    let api = Api::namespaced(client.clone(), namespace);
    let config = Config::default().fields(&format!("metadata.name={SETTINGS}"));
    watch!(
        "configmaps",
        api,
        config,
        |mirror, _, one: Option<ConfigMap>| mirror.put_settings(one.as_ref())
    );
    tasks
}

/// Reads anew what a leader must not miss: what the one before it has written, which the watches may
/// not have shown yet.
pub(crate) async fn refresh(client: &Client, shared: &Shared) -> Result<(), WriteError> {
    let all = ListParams::default();
    let plans: Api<DeserializeGuard<NodePlan>> = Api::all(client.clone());
    let faults: Api<ReadFault> = Api::all(client.clone());
    let plans = plans.list(&all);
    let faults = faults.list(&all);
    let (plans, faults) = timeout(TIMEOUT, try_join(plans, faults)).await??;
    shared.update(|mirror| {
        for plan in plans {
            put_plan(mirror, &key(&plan), Some(plan));
        }
        for fault in faults {
            put_fault(mirror, &key(&fault), Some(fault));
        }
    });
    Ok(())
}

/// A fault, or what is wrong with it.
type ReadFault = DeserializeGuard<WithPath<NetworkFault>>;

/// A fault that cannot be read is as one that is not there: it is in no plan.
fn put_fault(mirror: &mut Mirror, key: &str, fault: Option<ReadFault>) {
    let (fault, wrong) = read(fault);
    mirror.put_wrong_fault(key, wrong.map(views::wrong_fault));
    let fault = fault.map(|WithPath(mut fault)| {
        fault.metadata.managed_fields = None;
        fault
    });
    mirror.put_fault(key, fault);
}

/// A plan that cannot be read is as one that says nothing: it is written again.
fn put_plan(mirror: &mut Mirror, key: &str, plan: Option<DeserializeGuard<NodePlan>>) {
    let (plan, wrong) = read(plan);
    let problem = wrong.map(|wrong| wrong.error);
    mirror.put_readable("nodeplans", key, problem.as_deref());
    let nothing = problem.map(|_| ShownPlan::default());
    mirror.put_plan(key, plan.as_ref().map(ShownPlan::of).or(nothing));
}

fn put_report(mirror: &mut Mirror, key: &str, report: Option<DeserializeGuard<NodeReport>>) {
    let report = report.map(|report| match report {
        DeserializeGuard(Ok(report)) => ShownReport::of(&report),
        DeserializeGuard(Err(wrong)) => ShownReport::unreadable(&wrong.metadata, wrong.error),
    });
    mirror.put_report(key, report);
}

/// The object, where there is one that is what its kind says, or what is wrong with it.
fn read<K>(object: Option<DeserializeGuard<K>>) -> (Option<K>, Option<InvalidObject>) {
    match object {
        None => (None, None),
        Some(DeserializeGuard(Ok(object))) => (Some(object), None),
        Some(DeserializeGuard(Err(wrong))) => (None, Some(wrong)),
    }
}
