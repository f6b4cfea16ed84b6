//! Applying objects, and finding where the API server keeps them.

use std::time::Duration;

use anyhow::{Result, bail};
use kube::{
    Api, Error,
    api::{DynamicObject, Patch, PatchParams, ValidationDirective},
    core::GroupVersionKind,
    discovery::{Scope, pinned_kind},
};
use tokio::time::{Instant, sleep};

use super::{
    EVERY,
    manifests::{kind, title},
};
use crate::cluster::{create::MANAGER, errors::is_not_found, session::Session};

/// The kind of what an administrator sets.
const SETTINGS: &str = "ConfigMap";

/// How long a new kind may take to be served.
const SERVED: Duration = Duration::from_secs(20);

/// Applies the objects one after the other; each is said. Settings that are there stay, since they
/// are the administrator's.
pub(super) async fn all(session: &Session, objects: &[DynamicObject], quiet: bool) -> Result<()> {
    let params = PatchParams {
        field_validation: Some(ValidationDirective::Strict),
        ..PatchParams::apply(MANAGER).force()
    };
    for object in objects {
        let Some(api) = api(session, object).await? else {
            bail!("{}: the cluster does not know this kind", title(object));
        };
        let name = object.metadata.name.as_deref().unwrap_or_default();
        if kind(object) == SETTINGS && api.get_opt(name).await.is_ok_and(|found| found.is_some()) {
            say(quiet, "kept", object);
            continue;
        }
        let applied = api.patch(name, &params, &Patch::Apply(object)).await;
        applied.map_err(|error| session.said(error).context(title(object)))?;
        if kind(object) == "CustomResourceDefinition" {
            served(&api, name).await?;
        }
        say(quiet, "applied", object);
    }
    Ok(())
}

fn say(quiet: bool, done: &str, object: &DynamicObject) {
    if !quiet {
        eprintln!("{done} {}", title(object));
    }
}

/// Where the API server keeps an object; nothing where it does not know the kind.
pub(super) async fn api(
    session: &Session,
    object: &DynamicObject,
) -> Result<Option<Api<DynamicObject>>> {
    let types = object.types.clone().unwrap_or_default();
    let kind = GroupVersionKind::try_from(&types)?;
    let client = session.client.clone();
    let (resource, capabilities) = match pinned_kind(&client, &kind).await {
        Ok(found) => found,
        Err(Error::Discovery(_)) => return Ok(None),
        Err(error) if is_not_found(&error) => return Ok(None),
        Err(error) => return Err(session.said(error)),
    };
    Ok(Some(
        match (capabilities.scope, &object.metadata.namespace) {
            (Scope::Namespaced, Some(namespace)) => {
                Api::namespaced_with(client, namespace, &resource)
            }
            (Scope::Namespaced, None) => Api::default_namespaced_with(client, &resource),
            (Scope::Cluster, _) => Api::all_with(client, &resource),
        },
    ))
}

/// Waits until a new kind is served.
async fn served(api: &Api<DynamicObject>, name: &str) -> Result<()> {
    let end = Instant::now() + SERVED;
    while Instant::now() < end {
        let found = api.get(name).await?;
        let conditions = found.data["status"]["conditions"].as_array();
        let established = conditions
            .into_iter()
            .flatten()
            .any(|condition| condition["type"] == "Established" && condition["status"] == "True");
        if established {
            return Ok(());
        }
        sleep(EVERY).await;
    }
    bail!(
        "{name}: the API server does not serve it within {} s",
        SERVED.as_secs()
    )
}
