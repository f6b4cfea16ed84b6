//! The words that name pods: labels, or a workload whose selector is looked up.

use anyhow::Result;
use chaos_api::{LabelSelector, check_name, label_selector};
use k8s_openapi::{
    NamespaceResourceScope,
    api::{
        apps::v1::{DaemonSet, Deployment, ReplicaSet, StatefulSet},
        core::v1::{Pod, Service},
    },
};
use kube::{Api, Resource};
use serde::de::DeserializeOwned;

use super::session::Session;
use crate::exit::Usage;

/// What to write to name pods.
const FORMS: &str = "svc/NAME, deploy/NAME, sts/NAME, ds/NAME, rs/NAME or pod/NAME";

/// Pods by their labels, or by their names.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub(super) selector: Option<LabelSelector>,
    pub(super) names: Vec<String>,
}

/// The pods that the words name; a workload is looked up once, for its selector.
pub(super) async fn wanted(
    session: &Session,
    words: &[String],
    labels: Option<&str>,
) -> Result<Wanted> {
    match (words, labels) {
        ([], Some(text)) => {
            let read = label_selector(text);
            let selector = read.map_err(|error| Usage(format!("--selector: {error}")))?;
            Ok(by_labels(selector))
        }
        ([], None) => Err(usage(format!(
            "no pods are named; write --selector LABELS, {FORMS}"
        ))),
        (_, Some(_)) => Err(usage(format!(
            "{}: --selector names the pods already",
            words[0]
        ))),
        ([word], None) => one(session, word).await,
        (many, None) => several(session, many).await,
    }
}

async fn one(session: &Session, word: &str) -> Result<Wanted> {
    let (kind, name) = parts(word)?;
    let selector = match kind {
        "pod" | "pods" | "po" => return several(session, &[word.to_owned()]).await,
        "svc" | "service" | "services" => of_service(session, word, name).await?,
        "deploy" | "deployment" | "deployments" => {
            let found: Deployment = get(session, name).await?;
            found.spec.map(|spec| spec.selector)
        }
        "sts" | "statefulset" | "statefulsets" => {
            let found: StatefulSet = get(session, name).await?;
            found.spec.map(|spec| spec.selector)
        }
        "ds" | "daemonset" | "daemonsets" => {
            let found: DaemonSet = get(session, name).await?;
            found.spec.map(|spec| spec.selector)
        }
        "rs" | "replicaset" | "replicasets" => {
            let found: ReplicaSet = get(session, name).await?;
            found.spec.map(|spec| spec.selector)
        }
        _ => {
            return Err(usage(format!(
                "{word}: is not a kind that has pods; write {FORMS}"
            )));
        }
    };
    Ok(by_labels(selector.unwrap_or_default()))
}

/// Several pods by their names.
async fn several(session: &Session, words: &[String]) -> Result<Wanted> {
    let mut names = Vec::new();
    for word in words {
        let (kind, name) = parts(word)?;
        if !matches!(kind, "pod" | "pods" | "po") {
            return Err(usage(format!(
                "{word}: only pod/NAME is taken more than once"
            )));
        }
        get::<Pod>(session, name).await?;
        names.push(name.to_owned());
    }
    Ok(Wanted {
        names,
        ..Wanted::default()
    })
}

async fn of_service(session: &Session, word: &str, name: &str) -> Result<Option<LabelSelector>> {
    let service: Service = get(session, name).await?;
    let labels = service
        .spec
        .and_then(|spec| spec.selector)
        .unwrap_or_default();
    if labels.is_empty() {
        let line = format!("{word}: has no selector, so it names no pods; write --selector LABELS");
        return Err(usage(line));
    }
    Ok(Some(LabelSelector {
        match_labels: Some(labels),
        match_expressions: None,
    }))
}

fn parts(word: &str) -> Result<(&str, &str)> {
    let (kind, name) = word.split_once('/').unwrap_or(("", word));
    if name.split('.').all(|part| check_name(part).is_ok()) {
        Ok((kind, name))
    } else {
        Err(usage(format!("{word}: does not name pods; write {FORMS}")))
    }
}

async fn get<K>(session: &Session, name: &str) -> Result<K>
where
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
        + Clone
        + std::fmt::Debug
        + DeserializeOwned,
{
    let api: Api<K> = Api::namespaced(session.client.clone(), &session.namespace);
    api.get(name).await.map_err(|error| {
        let place = format!("in namespace {}", session.namespace);
        session.said(error).context(place)
    })
}

fn by_labels(selector: LabelSelector) -> Wanted {
    Wanted {
        selector: Some(selector),
        ..Wanted::default()
    }
}

fn usage(line: String) -> anyhow::Error {
    Usage(line).into()
}
