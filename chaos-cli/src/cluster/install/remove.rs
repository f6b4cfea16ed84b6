//! Removing an installation: faults first, then what holds them, then the rest.

use anyhow::Result;
use chaos_api::NetworkFault;
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api,
    api::{DeleteParams, DynamicObject, ListParams, PropagationPolicy},
};
use serde_json::json;

use super::{
    SYSTEM,
    apply::api,
    manifests::{kind, title},
    wait,
};
use crate::{
    args::Uninstall,
    cluster::{
        create::{change, named},
        errors::is_not_found,
        session::Session,
        stand::is_over,
    },
};

/// Stops every fault and waits until no kernel holds one, as far as the controller says so; agents
/// let go when they end, too.
pub(super) async fn faults(session: &Session, args: &Uninstall) -> Result<()> {
    for fault in open(session).await? {
        change(session, &named(&fault), json!({ "stopped": true })).await?;
    }
    let controlled = is_controlled(session).await;
    let look = async || {
        let open = open(session).await?.into_iter().filter(|_| controlled);
        Ok(open.map(|fault| named(&fault).to_string()).collect())
    };
    for line in wait(args.timeout, look).await? {
        eprintln!("end not confirmed: {line}; it ends with its node's agent");
    }
    Ok(())
}

/// Deletes the workloads and waits until their pods have gone, and every hook with them.
pub(super) async fn workloads(
    session: &Session,
    objects: &[DynamicObject],
    args: &Uninstall,
) -> Result<()> {
    let workloads = objects.iter().filter(|object| is_workload(object));
    for object in workloads {
        delete(session, object, args.quiet).await?;
    }
    let pods: Api<Pod> = Api::namespaced(session.client.clone(), SYSTEM);
    let look = async || {
        let found = pods.list(&ListParams::default()).await;
        let found = found.map_err(|error| session.said(error))?;
        let names = found.items.into_iter().filter_map(|pod| pod.metadata.name);
        Ok(names.filter(|name| name.starts_with("netfault-")).collect())
    };
    for name in wait(args.timeout, look).await? {
        eprintln!("still there: pod {name}");
    }
    Ok(())
}

/// Deletes everything else.
pub(super) async fn rest(
    session: &Session,
    objects: &[DynamicObject],
    args: &Uninstall,
) -> Result<()> {
    for object in objects.iter().filter(|object| !is_workload(object)) {
        delete(session, object, args.quiet).await?;
    }
    Ok(())
}

/// The objects that have not gone, a line each.
pub(super) async fn left(session: &Session, objects: &[DynamicObject]) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for object in objects {
        let Some(api) = api(session, object).await? else {
            continue;
        };
        let name = object.metadata.name.as_deref().unwrap_or_default();
        let found = api
            .get_opt(name)
            .await
            .map_err(|error| session.said(error))?;
        lines.extend(found.map(|_| title(object)));
    }
    Ok(lines)
}

async fn delete(session: &Session, object: &DynamicObject, quiet: bool) -> Result<()> {
    let Some(api) = api(session, object).await? else {
        return Ok(());
    };
    let name = object.metadata.name.as_deref().unwrap_or_default();
    let params = DeleteParams {
        propagation_policy: Some(PropagationPolicy::Foreground),
        ..DeleteParams::default()
    };
    match api.delete(name, &params).await {
        Err(error) if is_not_found(&error) => Ok(()),
        Err(error) => Err(session.said(error).context(title(object))),
        Ok(_) if quiet => Ok(()),
        Ok(_) => {
            eprintln!("deleted {}", title(object));
            Ok(())
        }
    }
}

/// The faults that are not over; none where the kind is not there.
async fn open(session: &Session) -> Result<Vec<NetworkFault>> {
    match session.list(None, &ListParams::default()).await {
        Ok(found) => Ok(found.into_iter().filter(|fault| !is_over(fault)).collect()),
        Err(error) if is_not_found(&error) => Ok(Vec::new()),
        Err(error) => Err(session.said(error)),
    }
}

/// Whether a controller is there to say that a fault has ended.
async fn is_controlled(session: &Session) -> bool {
    let pods: Api<Pod> = Api::namespaced(session.client.clone(), SYSTEM);
    let found = pods.list(&ListParams::default()).await;
    found.is_ok_and(|pods| {
        let mut names = pods.items.into_iter().filter_map(|pod| pod.metadata.name);
        names.any(|name| name.starts_with("netfault-controller"))
    })
}

fn is_workload(object: &DynamicObject) -> bool {
    matches!(kind(object), "DaemonSet" | "Deployment")
}
