//! What a plan is made from: the cluster as plain data, in any order.

use std::collections::BTreeMap;
use std::net::IpAddr;

use chaos_api::{PortName, Protocol};
use ipnet::IpNet;

/// The cluster, as far as plans depend on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct World {
    /// Every pod that a fault may target or name as a peer.
    pub pods: Vec<PodView>,
    /// Every Service.
    pub services: Vec<ServiceView>,
    /// Every endpoint slice.
    pub endpoints: Vec<EndpointView>,
    /// Every namespace.
    pub namespaces: Vec<NamespaceView>,
    /// Every node.
    pub nodes: Vec<NodeView>,
    /// Whether the `Halt` object exists.
    pub halted: bool,
}

/// A pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodView {
    /// Its UID.
    pub uid: String,
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The node it is on; absent while it is not scheduled.
    pub node: Option<String>,
    /// Its addresses.
    pub ips: Vec<IpAddr>,
    /// Where it is in its life.
    pub phase: Phase,
    /// Whether it is being deleted.
    pub deleting: bool,
    /// Whether it lives in its node's network namespace.
    pub host_network: bool,
    /// The handler of its runtime class, or the class's name where its handler is not known.
    pub runtime: Option<String>,
    /// The ports that its containers declare.
    pub ports: Vec<PortView>,
    /// The ports of its HTTP, TCP and gRPC probes, all of them over TCP.
    pub probes: Vec<PortName>,
    /// For a static pod, its annotation `kubernetes.io/config.hash`.
    pub static_hash: Option<String>,
}

/// Where a pod is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Not all of its containers have started once.
    #[default]
    Pending,
    /// Running.
    Running,
    /// Its containers have ended, well or not.
    Over,
}

/// A port of a container, of a Service or of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortView {
    /// Its name; empty where it has none.
    pub name: String,
    /// Its number.
    pub port: u16,
    /// TCP or UDP.
    pub protocol: Protocol,
}

/// A Service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceView {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Its own addresses; none where it is headless.
    pub cluster_ips: Vec<IpAddr>,
    /// Its ports.
    pub ports: Vec<PortView>,
}

/// One endpoint slice of a Service: every address has every port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointView {
    /// The Service's name.
    pub service: String,
    /// The Service's namespace.
    pub namespace: String,
    /// The addresses, ready or not.
    pub addresses: Vec<IpAddr>,
    /// The ports, named as the Service's.
    pub ports: Vec<PortView>,
}

/// A namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamespaceView {
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

/// A node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeView {
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its internal addresses.
    pub ips: Vec<IpAddr>,
    /// The ranges of its pods' addresses.
    pub pod_cidrs: Vec<IpNet>,
    /// Its operating system, `linux` or `windows`.
    pub os: String,
}
