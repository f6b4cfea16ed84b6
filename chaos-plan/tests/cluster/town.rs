//! A small cluster, and the faults that are asked for in it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use chaos_api::{NetworkFault, PortName, Protocol, Settings};
use chaos_plan::{
    EndpointView, FaultView, NamespaceView, NodeView, Phase, Placement, PlanBody, PodView,
    PortView, ServiceView, Verdict, World, place,
};
use jiff::Timestamp;

/// The time at which everything happens.
pub(crate) fn now() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

/// A time some seconds later.
pub(crate) fn later(seconds: i64) -> Timestamp {
    Timestamp::from_second(now().as_second() + seconds).unwrap()
}

pub(crate) fn settings() -> Settings {
    Settings::new("netfault-system")
}

pub(crate) fn labels(text: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(key, value): &(&str, &str)| ((*key).into(), (*value).into());
    text.iter().map(owned).collect()
}

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub(crate) fn port(name: &str, port: u16, protocol: Protocol) -> PortView {
    PortView {
        name: name.into(),
        port,
        protocol,
    }
}

/// A running pod with one label, `app`.
pub(crate) fn pod(namespace: &str, name: &str, app: &str, node: &str, address: &str) -> PodView {
    PodView {
        uid: format!("uid-{namespace}-{name}"),
        name: name.into(),
        namespace: namespace.into(),
        labels: labels(&[("app", app)]),
        node: Some(node.into()),
        ips: vec![ip(address)],
        phase: Phase::Running,
        ..PodView::default()
    }
}

/// Three nodes; three replicas of `orders`, probed at `http`; NATS behind two Services.
pub(crate) fn town() -> World {
    let mut world = World {
        nodes: (1..=3).map(node).collect(),
        namespaces: vec![
            namespace("orders", &[("netfault.dev/enabled", "true")]),
            namespace("messaging", &[("tier", "backend")]),
            namespace("closed", &[]),
            namespace("kube-system", &[("netfault.dev/enabled", "true")]),
            namespace("netfault-system", &[("netfault.dev/enabled", "true")]),
        ],
        ..World::default()
    };
    for (index, node) in ["n1", "n2", "n3"].into_iter().enumerate() {
        let address = format!("10.1.{}.{}", index + 1, 10);
        let mut orders = pod(
            "orders",
            &format!("orders-{index}"),
            "orders",
            node,
            &address,
        );
        orders.ports = vec![port("http", 8080, Protocol::Tcp)];
        orders.probes = vec![PortName::Name("http".into()), PortName::Number(9000)];
        world.pods.push(orders);
    }
    for (index, node) in ["n2", "n3"].into_iter().enumerate() {
        let address = format!("10.1.{}.{}", index + 2, 20);
        let mut nats = pod(
            "messaging",
            &format!("nats-{index}"),
            "nats",
            node,
            &address,
        );
        nats.ports = vec![port("client", 4223, Protocol::Tcp)];
        world.pods.push(nats);
    }
    world.services = ["nats", "nats-headless"].map(nats_service).into();
    world.services[1].cluster_ips.clear();
    world.endpoints = ["nats", "nats-headless"].map(nats_endpoints).into();
    world
}

fn node(number: u8) -> NodeView {
    NodeView {
        name: format!("n{number}"),
        ips: vec![ip(&format!("192.168.0.{number}"))],
        pod_cidrs: vec![format!("10.1.{number}.0/24").parse().unwrap()],
        os: "linux".into(),
        ..NodeView::default()
    }
}

fn namespace(name: &str, own: &[(&str, &str)]) -> NamespaceView {
    let mut all = labels(own);
    all.insert("kubernetes.io/metadata.name".into(), name.into());
    NamespaceView {
        name: name.into(),
        labels: all,
    }
}

fn nats_service(name: &str) -> ServiceView {
    ServiceView {
        name: name.into(),
        namespace: "messaging".into(),
        cluster_ips: vec![ip("10.96.0.7")],
        ports: vec![
            port("client", 4222, Protocol::Tcp),
            port("monitor", 8222, Protocol::Tcp),
            port("gossip", 7000, Protocol::Udp),
        ],
    }
}

fn nats_endpoints(name: &str) -> EndpointView {
    EndpointView {
        service: name.into(),
        namespace: "messaging".into(),
        addresses: vec![ip("10.1.3.20"), ip("10.1.2.20")],
        ports: vec![
            port("client", 4223, Protocol::Tcp),
            port("monitor", 8222, Protocol::Tcp),
            port("gossip", 7000, Protocol::Udp),
        ],
    }
}

/// A fault on `app=orders` with these fields of a spec, such as `mode: All, faults: {reset: {}}`.
pub(crate) fn fault(name: &str, words: &str) -> FaultView {
    fault_in("orders", name, words)
}

/// The same in another namespace.
pub(crate) fn fault_in(namespace: &str, name: &str, words: &str) -> FaultView {
    let yaml = format!(
        "{{apiVersion: netfault.dev/v1alpha1, kind: NetworkFault, \
         metadata: {{name: {name}, namespace: {namespace}, uid: uid-{name}, generation: 1, \
         creationTimestamp: \"{}\"}}, \
         spec: {{selector: {{matchLabels: {{app: orders}}}}, duration: 30s, {words}}}}}",
        now()
    );
    let fault: NetworkFault = serde_saphyr::from_str(&yaml).unwrap();
    FaultView::of(&fault, 7, BTreeSet::new()).unwrap()
}

/// The fault after its first plan was published at [`now`] for these pods.
pub(crate) fn started(mut fault: FaultView, pods: &[&str]) -> FaultView {
    fault.started = Some(now());
    fault.status.started_at = Some(now());
    fault.chosen = pods.iter().map(|pod| format!("uid-orders-{pod}")).collect();
    fault
}

pub(crate) fn placed(faults: &[FaultView], world: &World) -> Placement {
    place(faults, world, &settings(), now())
}

/// The verdict on one fault.
pub(crate) fn verdict(fault: &FaultView, world: &World) -> Verdict {
    let placement = placed(std::slice::from_ref(fault), world);
    placement.verdicts[&fault.id].clone()
}

/// The names of the pods that a verdict chose.
pub(crate) fn chosen(verdict: &Verdict) -> Vec<&str> {
    verdict.chosen.iter().map(|pod| pod.name.as_str()).collect()
}

/// The only plan.
pub(crate) fn only(placement: &Placement, node: &str) -> PlanBody {
    placement.plans[node].clone()
}
