//! A peer on the command line: `10.0.0.0/8`, `10.0.0.1:4222`, `[fd00::1]:4222,6222-6230`, a host.

mod cluster;

use std::net::IpAddr;

use ipnet::IpNet;
use thiserror::Error;

pub use cluster::PeerWordsArg;

use crate::{IpBlock, LabelArgError, Peer, PortRange, PortRangeError};

/// A peer as an argument names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerArg {
    /// An address or a range.
    Peer(Peer),
    /// A host name, which the caller resolves once.
    Host {
        /// The name.
        host: String,
        /// The ports named with it; any where empty.
        ports: Vec<PortRange>,
    },
}

/// Why an argument names no peer; one line each.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PeerArgError {
    /// A peer that only a cluster knows.
    #[error("{0}: is for clusters; in local mode name an address, a CIDR or a host")]
    Cluster(String),
    /// None of the forms.
    #[error(
        "{0}: is not a peer; write an address, a CIDR or a host, \
         as in \"10.0.0.1:4222\" or \"[fd00::1]:4222\""
    )]
    Malformed(String),
    /// None of the forms that a cluster knows.
    #[error(
        "{0}: is not a peer; write a Service, a pod, labels, an address, a CIDR or a host, as in \
         \"svc/nats.messaging:4222\", \"pod/nats-0\", \"label:app=nats,ns=messaging\" or \
         \"10.0.0.0/8:4222\""
    )]
    Unknown(String),
    /// Its labels are wrong.
    #[error("{arg}: {source}")]
    Labels {
        /// The argument.
        arg: String,
        /// What is wrong with its labels.
        source: LabelArgError,
    },
    /// Its ports are wrong.
    #[error("{arg}: {source}")]
    Ports {
        /// The argument.
        arg: String,
        /// What is wrong with its ports.
        source: PortRangeError,
    },
}

/// Prefixes of peers that only a cluster knows.
const CLUSTER: [&str; 4] = ["svc/", "pod/", "deploy/", "label:"];

impl Peer {
    /// These ports at these addresses; every port where `ports` is empty.
    pub fn at(cidr: IpNet, ports: &[PortRange]) -> Self {
        Self {
            ip_block: Some(IpBlock {
                cidr,
                except: Vec::new(),
            }),
            ports: ports.iter().copied().map(Into::into).collect(),
        }
    }

    /// Reads a peer from an argument.
    pub fn from_arg(arg: &str) -> Result<PeerArg, PeerArgError> {
        if CLUSTER.iter().any(|prefix| arg.starts_with(prefix)) {
            return Err(PeerArgError::Cluster(arg.into()));
        }
        let malformed = || PeerArgError::Malformed(arg.into());
        let (place, ports) = split(arg).ok_or_else(malformed)?;
        let ports = ports.map_or(Ok(Vec::new()), PortRange::list);
        let ports = ports.map_err(|source| PeerArgError::Ports {
            arg: arg.into(),
            source,
        })?;
        if let Some(cidr) = range(place) {
            return Ok(PeerArg::Peer(Self::at(cidr, &ports)));
        }
        let host = is_host(place).then(|| place.to_owned());
        let host = host.ok_or_else(malformed)?;
        Ok(PeerArg::Host { host, ports })
    }
}

/// The place and its ports: `[place]`, `[place]:ports`, `place:ports` or `place`, the last of which
/// may be an IPv6 address or range with its colons.
fn split(arg: &str) -> Option<(&str, Option<&str>)> {
    if let Some(rest) = arg.strip_prefix('[') {
        let (place, tail) = rest.split_once(']')?;
        let ports = if tail.is_empty() {
            None
        } else {
            Some(tail.strip_prefix(':')?)
        };
        return place.contains(':').then_some((place, ports));
    }
    match arg.split_once(':') {
        Some((place, ports)) if !ports.contains(':') => Some((place, Some(ports))),
        _ => Some((arg, None)),
    }
}

fn range(place: &str) -> Option<IpNet> {
    let address = place
        .parse()
        .ok()
        .map(|address: IpAddr| address.to_canonical().into());
    address.or_else(|| place.parse().ok())
}

/// Whether `place` can be a host name (RFC 1123 §2.1: the last label is not a number).
fn is_host(place: &str) -> bool {
    let label = |label: &str| {
        let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        (1..=63).contains(&label.len()) && label.bytes().all(inner) && !label.starts_with('-')
    };
    let place = place.strip_suffix('.').unwrap_or(place);
    let last = place.rsplit('.').next().unwrap_or_default();
    place.len() <= 253 && place.split('.').all(label) && !last.bytes().all(|b| b.is_ascii_digit())
}
