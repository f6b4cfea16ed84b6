//! Services, their endpoints, namespaces and nodes.

use chaos_plan::{EndpointView, NamespaceView, NodeView, ServiceView};
use k8s_openapi::api::core::v1::{Namespace, Node, NodeSpec, NodeStatus, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;

use super::{addresses, port};

/// By which an endpoint slice names its Service.
const SERVICE_LABEL: &str = "kubernetes.io/service-name";

/// By which a node names its operating system where its status does not.
const OS_LABEL: &str = "kubernetes.io/os";

/// A Service.
pub fn service(service: &Service) -> ServiceView {
    let meta = &service.metadata;
    let spec = service.spec.as_ref();
    let ips = spec.and_then(|spec| spec.cluster_ips.as_ref());
    let ports = spec.and_then(|spec| spec.ports.as_ref());
    let ports = ports.into_iter().flatten();
    ServiceView {
        name: meta.name.clone().unwrap_or_default(),
        namespace: meta.namespace.clone().unwrap_or_default(),
        cluster_ips: addresses(ips.into_iter().flatten()),
        ports: ports
            .filter_map(|one| port(one.name.as_deref(), one.port, one.protocol.as_deref()))
            .collect(),
    }
}

/// An endpoint slice; nothing where it belongs to no Service or has names instead of addresses.
pub fn endpoints(slice: &EndpointSlice) -> Option<EndpointView> {
    let meta = &slice.metadata;
    if !matches!(slice.address_type.as_str(), "IPv4" | "IPv6") {
        return None;
    }
    let endpoints = slice.endpoints.iter();
    let ports = slice.ports.iter().flatten();
    Some(EndpointView {
        service: meta.labels.as_ref()?.get(SERVICE_LABEL)?.clone(),
        namespace: meta.namespace.clone()?,
        addresses: addresses(endpoints.flat_map(|endpoint| &endpoint.addresses)),
        ports: ports
            .filter_map(|one| port(one.name.as_deref(), one.port?, one.protocol.as_deref()))
            .collect(),
    })
}

/// A namespace.
pub fn namespace(namespace: &Namespace) -> NamespaceView {
    let meta = &namespace.metadata;
    NamespaceView {
        name: meta.name.clone().unwrap_or_default(),
        labels: meta.labels.clone().unwrap_or_default(),
    }
}

/// A node.
pub fn node(node: &Node) -> NodeView {
    let labels = node.metadata.labels.clone().unwrap_or_default();
    let status = node.status.as_ref();
    let info = status.and_then(|status| status.node_info.as_ref());
    let os = info.map(|info| info.operating_system.clone());
    let os = os.filter(|os| !os.is_empty());
    NodeView {
        name: node.metadata.name.clone().unwrap_or_default(),
        ips: status.map(internal).unwrap_or_default(),
        pod_cidrs: node.spec.as_ref().map(ranges).unwrap_or_default(),
        os: os
            .or_else(|| labels.get(OS_LABEL).cloned())
            .unwrap_or_default(),
        labels,
    }
}

fn internal(status: &NodeStatus) -> Vec<std::net::IpAddr> {
    let all = status.addresses.iter().flatten();
    let internal = all.filter(|address| address.type_ == "InternalIP");
    addresses(internal.map(|address| &address.address))
}

fn ranges(spec: &NodeSpec) -> Vec<ipnet::IpNet> {
    let all: Vec<ipnet::IpNet> = addresses(spec.pod_cidrs.iter().flatten());
    if all.is_empty() {
        return addresses(&spec.pod_cidr);
    }
    all
}
