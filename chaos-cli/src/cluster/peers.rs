//! The other ends in a cluster's words; a pod and a host are looked up once, and that is said.

use std::{collections::BTreeMap, net::IpAddr};

use anyhow::Result;
use chaos_api::{IpBlock, LabelSelector, PeerWords, PeerWordsArg, PortWords, ServiceRef};
use k8s_openapi::api::core::v1::Pod;
use kube::Api;

use super::session::Session;
use crate::{args, exit::Usage, words};

/// The label by which a `StatefulSet` tells its pods apart.
const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";

/// The label that every namespace has, with its name.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// The peers that the words name.
pub(super) async fn peers(session: &Session, words: &args::Traffic) -> Result<Vec<PeerWords>> {
    let ports = words.port.as_deref();
    let ports = ports.map_or(Ok(Vec::new()), PortWords::list);
    let ports = ports.map_err(|error| Usage(format!("--port: {error}")))?;
    if words.to.is_empty() && !ports.is_empty() {
        let rest = PeerWords::default();
        return Ok(vec![PeerWords { ports, ..rest }]);
    }
    let mut peers = named(session, "--to", &words.to).await?;
    for peer in peers.iter_mut().filter(|peer| peer.ports.is_empty()) {
        peer.ports.clone_from(&ports);
    }
    Ok(peers)
}

/// The peers that a flag names.
pub(super) async fn named(
    session: &Session,
    flag: &str,
    args: &[String],
) -> Result<Vec<PeerWords>> {
    let mut peers = Vec::new();
    for arg in args {
        let read = PeerWords::from_arg(arg).map_err(|error| Usage(format!("{flag}: {error}")))?;
        peers.extend(look_up(session, flag, read).await?);
    }
    Ok(peers)
}

async fn look_up(session: &Session, flag: &str, arg: PeerWordsArg) -> Result<Vec<PeerWords>> {
    match arg {
        PeerWordsArg::Peer(peer) => Ok(vec![peer]),
        PeerWordsArg::Host { host, ports } => Ok(at(words::resolve(flag, &host)?, &ports)),
        PeerWordsArg::Pod { pod, ports } => of_pod(session, flag, pod, ports).await,
    }
}

/// One pod: by the label that only it has, or else by its addresses.
async fn of_pod(
    session: &Session,
    flag: &str,
    pod: ServiceRef,
    ports: Vec<PortWords>,
) -> Result<Vec<PeerWords>> {
    let namespace = pod.namespace.as_deref().unwrap_or(&session.namespace);
    let api: Api<Pod> = Api::namespaced(session.client.clone(), namespace);
    let found = api.get(&pod.name).await;
    let found = found.map_err(|error| session.said(error).context(flag.to_owned()))?;
    let labels = found.metadata.labels.unwrap_or_default();
    if labels.get(POD_NAME) == Some(&pod.name) {
        return Ok(vec![PeerWords {
            pod_selector: Some(label(POD_NAME, &pod.name)),
            namespace_selector: pod.namespace.map(|name| label(NAMESPACE_NAME, &name)),
            ports,
            ..PeerWords::default()
        }]);
    }
    let status = found.status.unwrap_or_default();
    let ips = status.pod_ips.unwrap_or_default().into_iter();
    let addresses: Vec<IpAddr> = ips.filter_map(|one| one.ip.parse().ok()).collect();
    if addresses.is_empty() {
        return Err(Usage(format!("{flag}: pod/{pod}: has no address yet")).into());
    }
    words::say_addresses(&format!("pod/{pod}"), &addresses);
    Ok(at(addresses, &ports))
}

fn at(addresses: Vec<IpAddr>, ports: &[PortWords]) -> Vec<PeerWords> {
    let peer = |address: IpAddr| PeerWords {
        ip_block: Some(IpBlock {
            cidr: address.into(),
            except: Vec::new(),
        }),
        ports: ports.to_vec(),
        ..PeerWords::default()
    };
    addresses.into_iter().map(peer).collect()
}

fn label(key: &str, value: &str) -> LabelSelector {
    LabelSelector {
        match_labels: Some(BTreeMap::from([(key.into(), value.into())])),
        match_expressions: None,
    }
}
