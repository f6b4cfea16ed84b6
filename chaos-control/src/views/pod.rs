//! A pod.

use chaos_api::PortName;
use chaos_plan::{Phase, PodView};
use k8s_openapi::api::core::v1::{Container, Pod, PodSpec, PodStatus, Probe};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::{addresses, port};

/// By which a static pod's cgroup is named instead of its UID.
const STATIC_HASH: &str = "kubernetes.io/config.hash";

/// A pod; its `runtime` is the name of its runtime class.
pub fn pod(pod: &Pod) -> PodView {
    let meta = &pod.metadata;
    let spec = pod.spec.as_ref();
    let status = pod.status.as_ref();
    let annotations = meta.annotations.as_ref();
    PodView {
        uid: meta.uid.clone().unwrap_or_default(),
        name: meta.name.clone().unwrap_or_default(),
        namespace: meta.namespace.clone().unwrap_or_default(),
        labels: meta.labels.clone().unwrap_or_default(),
        node: spec.and_then(|spec| spec.node_name.clone()),
        ips: status.map(ips).unwrap_or_default(),
        phase: phase(status),
        deleting: meta.deletion_timestamp.is_some(),
        host_network: spec.is_some_and(|spec| spec.host_network == Some(true)),
        runtime: spec.and_then(|spec| spec.runtime_class_name.clone()),
        ports: lasting(spec).flat_map(ports).collect(),
        probes: lasting(spec).flat_map(probes).collect(),
        static_hash: annotations.and_then(|all| all.get(STATIC_HASH).cloned()),
    }
}

fn ips(status: &PodStatus) -> Vec<std::net::IpAddr> {
    let all = status.pod_ips.iter().flatten();
    let ips = addresses(all.map(|ip| &ip.ip));
    if ips.is_empty() {
        return addresses(&status.pod_ip);
    }
    ips
}

fn phase(status: Option<&PodStatus>) -> Phase {
    match status.and_then(|status| status.phase.as_deref()) {
        Some("Running") => Phase::Running,
        Some("Succeeded" | "Failed") => Phase::Over,
        _ => Phase::Pending,
    }
}

/// The containers that stay: sidecars are init containers that are restarted.
fn lasting(spec: Option<&PodSpec>) -> impl Iterator<Item = &Container> {
    let init = spec.and_then(|spec| spec.init_containers.as_ref());
    let sidecars = init
        .into_iter()
        .flatten()
        .filter(|one| one.restart_policy.as_deref() == Some("Always"));
    let plain = spec.into_iter().flat_map(|spec| &spec.containers);
    sidecars.chain(plain)
}

fn ports(container: &Container) -> impl Iterator<Item = chaos_plan::PortView> {
    let ports = container.ports.iter().flatten();
    ports.filter_map(|one| {
        port(
            one.name.as_deref(),
            one.container_port,
            one.protocol.as_deref(),
        )
    })
}

fn probes(container: &Container) -> impl Iterator<Item = PortName> {
    let all = [
        &container.liveness_probe,
        &container.readiness_probe,
        &container.startup_probe,
    ];
    all.into_iter().flatten().filter_map(probed)
}

/// The port that a probe connects to; none where it runs a command.
fn probed(probe: &Probe) -> Option<PortName> {
    let number = |port: i32| u16::try_from(port).ok().map(PortName::Number);
    if let Some(grpc) = &probe.grpc {
        return number(grpc.port);
    }
    let http = probe.http_get.as_ref().map(|http| &http.port);
    let tcp = probe.tcp_socket.as_ref().map(|tcp| &tcp.port);
    match http.or(tcp)? {
        IntOrString::Int(port) => number(*port),
        IntOrString::String(name) => Some(match name.parse() {
            Ok(port) => PortName::Number(port),
            Err(_) => PortName::Name(name.clone()),
        }),
    }
}
