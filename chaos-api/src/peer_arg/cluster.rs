//! A peer on the command line as a cluster knows it: `svc/nats.messaging:4222`, `pod/nats-0`,
//! `label:app=nats,ns=messaging:client`.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::{PeerArgError, is_host, range, split};
use crate::label_arg::label_selector;
use crate::{IpBlock, PeerWords, PortName, PortRange, PortWords, ServiceRef};

/// A peer as an argument names it in a cluster.
#[derive(Clone, Debug, PartialEq)]
pub enum PeerWordsArg {
    /// A Service, labels, an address or a range.
    Peer(PeerWords),
    /// One pod, which the caller looks up once.
    Pod {
        /// Its name and its namespace.
        pod: ServiceRef,
        /// The ports named with it; any where empty.
        ports: Vec<PortWords>,
    },
    /// A host name, which the caller resolves once.
    Host {
        /// The name.
        host: String,
        /// The ports named with it; any where empty.
        ports: Vec<PortWords>,
    },
}

/// The word in `label:…` that names a namespace instead of a label.
const NAMESPACE: &str = "ns=";

/// The label that every namespace has, with its name.
const NAMESPACE_LABEL: &str = "kubernetes.io/metadata.name";

/// How the names of Services end in a cluster's DNS.
const SERVICE_ENDS: [&str; 2] = [".svc", ".svc.cluster.local"];

impl PeerWords {
    /// Reads a peer from an argument.
    pub fn from_arg(arg: &str) -> Result<PeerWordsArg, PeerArgError> {
        let malformed = || PeerArgError::Unknown(arg.into());
        if let Some(rest) = arg.strip_prefix("label:") {
            return labels(arg, rest).map(PeerWordsArg::Peer);
        }
        let (place, list) = split(arg).ok_or_else(malformed)?;
        let ports = ports(arg, list)?;
        if let Some(name) = place.strip_prefix("svc/") {
            let service = name_and_namespace(name).ok_or_else(malformed)?;
            return Ok(PeerWordsArg::Peer(Self::service(service, ports)));
        }
        if let Some(name) = place.strip_prefix("pod/") {
            let pod = name_and_namespace(name).ok_or_else(malformed)?;
            return Ok(PeerWordsArg::Pod { pod, ports });
        }
        if let Some(cidr) = range(place) {
            let except = Vec::new();
            let ip_block = Some(IpBlock { cidr, except });
            let rest = Self::default();
            return Ok(PeerWordsArg::Peer(Self {
                ip_block,
                ports,
                ..rest
            }));
        }
        if let Some(service) = service_of_dns(place) {
            return Ok(PeerWordsArg::Peer(Self::service(service, ports)));
        }
        let host = is_host(place).then(|| place.to_owned());
        let host = host.ok_or_else(malformed)?;
        Ok(PeerWordsArg::Host { host, ports })
    }

    fn service(service: ServiceRef, ports: Vec<PortWords>) -> Self {
        Self {
            service: Some(service),
            ports,
            ..Self::default()
        }
    }
}

impl PortWords {
    /// Reads a comma-separated list of numbers, ranges and names, such as `4222,6222-6230,client`.
    pub fn list(text: &str) -> Result<Vec<Self>, crate::PortRangeError> {
        text.split(',').map(|part| one(part.trim())).collect()
    }
}

/// A number, a range, or a name: text with a letter in it.
fn one(part: &str) -> Result<PortWords, crate::PortRangeError> {
    if part.bytes().any(|b| b.is_ascii_alphabetic()) {
        return Ok(PortWords {
            port: PortName::Name(part.into()),
            end_port: None,
            protocol: None,
        });
    }
    part.parse().map(|range: PortRange| range.into())
}

fn ports(arg: &str, list: Option<&str>) -> Result<Vec<PortWords>, PeerArgError> {
    let ports = list.map_or(Ok(Vec::new()), PortWords::list);
    ports.map_err(|source| PeerArgError::Ports {
        arg: arg.into(),
        source,
    })
}

/// `NAME` or `NAME.NAMESPACE`, each an RFC 1123 label.
fn name_and_namespace(text: &str) -> Option<ServiceRef> {
    let (name, namespace) = match text.split_once('.') {
        Some((name, namespace)) => (name, Some(namespace)),
        None => (text, None),
    };
    let both = [Some(name), namespace];
    let right = both
        .into_iter()
        .flatten()
        .all(|label| crate::check_name(label).is_ok());
    right.then(|| ServiceRef {
        name: name.into(),
        namespace: namespace.map(Into::into),
    })
}

/// `NAME.NAMESPACE.svc`, which no resolver outside of the cluster knows.
fn service_of_dns(place: &str) -> Option<ServiceRef> {
    let place = place.strip_suffix('.').unwrap_or(place);
    let mut ends = SERVICE_ENDS.iter();
    let name = ends.find_map(|end| place.strip_suffix(end))?;
    name_and_namespace(name).filter(|service| service.namespace.is_some())
}

/// `app=nats,ns=messaging:4222`: no label has a colon.
fn labels(arg: &str, rest: &str) -> Result<PeerWords, PeerArgError> {
    let (words, list) = match rest.split_once(':') {
        Some((words, list)) => (words, Some(list)),
        None => (rest, None),
    };
    let (namespaces, words): (Vec<_>, Vec<_>) = words
        .split(',')
        .partition(|word| word.starts_with(NAMESPACE));
    let labels = |source| PeerArgError::Labels {
        arg: arg.into(),
        source,
    };
    let words = words.join(",");
    let pod_selector = if words.is_empty() && !namespaces.is_empty() {
        None
    } else {
        Some(label_selector(&words).map_err(labels)?)
    };
    Ok(PeerWords {
        pod_selector,
        namespace_selector: namespaces.first().map(|word| namespace(word)),
        ports: ports(arg, list)?,
        ..PeerWords::default()
    })
}

fn namespace(word: &str) -> LabelSelector {
    let name = word.trim_start_matches(NAMESPACE).to_owned();
    LabelSelector {
        match_labels: Some(BTreeMap::from([(NAMESPACE_LABEL.to_owned(), name)])),
        match_expressions: None,
    }
}
