//! What netfault needs of the cluster: its API server, its kinds, its controller.

use chaos_api::{HALT, Halt};
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;

use super::Check;
use crate::cluster::{
    errors::{is_forbidden, is_not_found},
    install::SYSTEM,
    session::Session,
};

/// The group and the version of netfault's kinds.
const GROUP: &str = "netfault.dev/v1alpha1";

/// Netfault's kinds, as their plural names.
const KINDS: [&str; 4] = ["halts", "networkfaults", "nodeplans", "nodereports"];

/// The controller's lease, which its leader holds.
const LEASE: &str = "netfault-controller";

pub(super) async fn server(session: &Session) -> Check {
    let need = "API server";
    match session.client.apiserver_version().await {
        Ok(version) => Check::ok(need, format!("{} {}", session.server, version.git_version)),
        Err(error) => {
            let found = format!("{:#}", session.said(error));
            Check::no(
                need,
                found,
                "check the kubeconfig, --context and the network",
            )
        }
    }
}

pub(super) async fn kinds(session: &Session) -> Check {
    let need = "netfault's kinds";
    let fix = "netfault install";
    match session.client.list_api_group_resources(GROUP).await {
        Ok(list) => {
            let has = |kind: &&&str| list.resources.iter().any(|one| one.name == **kind);
            let missing: Vec<_> = KINDS.iter().filter(|kind| !has(kind)).copied().collect();
            if missing.is_empty() {
                Check::ok(need, GROUP)
            } else {
                Check::no(need, format!("{} are missing", missing.join(", ")), fix)
            }
        }
        Err(error) if is_not_found(&error) => Check::no(need, "not installed", fix),
        Err(error) => Check::no(need, format!("{:#}", session.said(error)), fix),
    }
}

pub(super) async fn controller(session: &Session) -> Check {
    let need = "controller";
    let leases: Api<Lease> = Api::namespaced(session.client.clone(), SYSTEM);
    let fix = format!("kubectl -n {SYSTEM} get pods; netfault install");
    match leases.get_opt(LEASE).await {
        Ok(Some(lease)) => holder(need, &lease, &fix),
        Ok(None) => Check::no(need, "it has never run", fix),
        Err(error) if is_forbidden(&error) => Check::unseen(need),
        Err(error) => Check::no(need, format!("{:#}", session.said(error)), fix),
    }
}

pub(super) async fn halt(session: &Session) -> Check {
    let need = "no halt";
    let halts: Api<Halt> = Api::all(session.client.clone());
    match halts.get_opt(HALT).await {
        Ok(None) => Check::ok(need, "faults can start"),
        Ok(Some(halt)) => {
            let reason = halt
                .spec
                .reason
                .unwrap_or_else(|| "no reason is given".into());
            Check::no(need, format!("halted: {reason}"), "netfault resume")
        }
        Err(error) if is_forbidden(&error) => Check::unseen(need),
        Err(error) => Check::no(need, format!("{:#}", session.said(error)), ""),
    }
}

/// Whether somebody holds the lease now.
fn holder(need: &str, lease: &Lease, fix: &str) -> Check {
    let spec = lease.spec.clone().unwrap_or_default();
    let holder = spec.holder_identity.filter(|holder| !holder.is_empty());
    let seconds = i64::from(spec.lease_duration_seconds.unwrap_or_default());
    let age = spec
        .renew_time
        .map(|time| Timestamp::now().duration_since(time.0).as_secs());
    match (holder, age) {
        (Some(holder), Some(age)) if age <= 2 * seconds => {
            Check::ok(need, format!("{holder} leads"))
        }
        (Some(holder), Some(age)) => Check::no(
            need,
            format!("{holder} led until {age} s ago, and nobody does now"),
            fix,
        ),
        _ => Check::no(need, "nobody leads", fix),
    }
}
