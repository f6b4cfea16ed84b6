//! Objects of the API server as planning takes them.

use chaos_api::{NetworkFault, PortName, Protocol, WithPath};
use chaos_control::mirror::Mirror;
use chaos_control::views::{self, ShownReport};
use chaos_plan::Phase;
use k8s_openapi::api::core::v1::Pod;
use kube::core::DeserializeGuard;
use serde_json::{Value, json};

use crate::town::object;

fn pod(spec: &Value, status: &Value) -> Pod {
    object(json!({
        "metadata": {
            "name": "web", "namespace": "shop", "uid": "u", "labels": {"app": "web"},
            "annotations": {"kubernetes.io/config.hash": "abc"},
        },
        "spec": spec, "status": status,
    }))
}

#[test]
fn a_pod_is_its_addresses_ports_and_probes() {
    let spec = json!({
        "nodeName": "n1", "hostNetwork": true, "runtimeClassName": "strict",
        "initContainers": [
            {"name": "once", "ports": [{"containerPort": 1}]},
            {"name": "proxy", "restartPolicy": "Always", "ports": [{"containerPort": 15001}],
             "startupProbe": {"grpc": {"port": 9000}}},
        ],
        "containers": [{
            "name": "web",
            "ports": [
                {"name": "http", "containerPort": 8080},
                {"name": "dns", "containerPort": 53, "protocol": "UDP"},
                {"name": "sctp", "containerPort": 99, "protocol": "SCTP"},
            ],
            "livenessProbe": {"httpGet": {"port": "http"}},
            "readinessProbe": {"tcpSocket": {"port": 8080}},
            "startupProbe": {"exec": {"command": ["true"]}},
        }],
    });
    let status = json!({"phase": "Running", "podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}]});
    let view = views::pod(&pod(&spec, &status));
    assert_eq!(
        (view.name.as_str(), view.node.as_deref()),
        ("web", Some("n1"))
    );
    assert_eq!(view.phase, Phase::Running);
    assert!(view.host_network && !view.deleting);
    assert_eq!(view.ips.len(), 2);
    let ports: Vec<_> = view
        .ports
        .iter()
        .map(|port| (port.port, port.protocol))
        .collect();
    let (tcp, udp) = (Protocol::Tcp, Protocol::Udp);
    assert_eq!(ports, [(15001, tcp), (8080, tcp), (53, udp)]);
    let named = PortName::Name("http".into());
    assert_eq!(
        view.probes,
        [PortName::Number(9000), named, PortName::Number(8080)]
    );
    assert_eq!(view.runtime.as_deref(), Some("strict"));
    assert_eq!(view.static_hash.as_deref(), Some("abc"));
}

#[test]
fn a_pod_that_has_only_begun_is_pending_and_one_that_has_ended_is_over() {
    let containers = json!({"containers": []});
    let phase = |status: Value| views::pod(&pod(&containers, &status)).phase;
    assert_eq!(phase(json!({})), Phase::Pending);
    assert_eq!(phase(json!({"phase": "Succeeded"})), Phase::Over);
    assert_eq!(phase(json!({"phase": "Failed"})), Phase::Over);
    assert_eq!(
        views::pod(&pod(&containers, &json!({"podIP": "10.0.0.1"})))
            .ips
            .len(),
        1
    );
}

#[test]
fn a_runtime_is_known_by_its_handler_whichever_comes_first() {
    let spec = json!({"containers": [], "runtimeClassName": "strict"});
    let mut mirror = Mirror::new("x");
    mirror.put_pod("shop/web", Some(&pod(&spec, &json!({}))));
    mirror.put_class("strict", Some("runsc".into()));
    assert_eq!(
        mirror.pod("shop/web").unwrap().runtime.as_deref(),
        Some("runsc")
    );
    mirror.put_pod("shop/web", Some(&pod(&spec, &json!({"phase": "Running"}))));
    assert_eq!(
        mirror.pod("shop/web").unwrap().runtime.as_deref(),
        Some("runsc")
    );
    mirror.put_class("strict", None);
    assert_eq!(
        mirror.pod("shop/web").unwrap().runtime.as_deref(),
        Some("strict")
    );
}

#[test]
fn a_headless_service_has_no_address_and_its_slices_have() {
    let service = views::service(&object(json!({
        "metadata": {"name": "db", "namespace": "shop"},
        "spec": {"clusterIPs": ["None"], "ports": [{"name": "pg", "port": 5432}]},
    })));
    assert_eq!(
        (service.cluster_ips.len(), service.ports[0].port),
        (0, 5432)
    );
    let slice = |kind: &str, labels: Value| {
        views::endpoints(&object(json!({
            "metadata": {"name": "db-x", "namespace": "shop", "labels": labels},
            "addressType": kind,
            "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": false}}, {"addresses": ["10.0.0.2"]}],
            "ports": [{"name": "pg", "port": 5433}, {"name": "all"}],
        })))
    };
    let label = json!({"kubernetes.io/service-name": "db"});
    let view = slice("IPv4", label.clone()).unwrap();
    assert_eq!((view.addresses.len(), view.ports.len()), (2, 1));
    assert_eq!(slice("FQDN", label), None);
    assert_eq!(slice("IPv4", json!({})), None);
}

#[test]
fn a_node_has_its_internal_addresses_and_its_pods_ranges() {
    let view = views::node(&object(json!({
        "metadata": {"name": "n1", "labels": {"kubernetes.io/os": "linux"}},
        "spec": {"podCIDR": "10.1.0.0/24", "podCIDRs": ["10.1.0.0/24", "fd00::/64"]},
        "status": {"addresses": [
            {"type": "InternalIP", "address": "192.168.0.1"}, {"type": "Hostname", "address": "n1"},
            {"type": "ExternalIP", "address": "203.0.113.1"},
        ]},
    })));
    assert_eq!(
        (view.ips.len(), view.pod_cidrs.len(), view.os.as_str()),
        (1, 2, "linux")
    );
}

#[test]
fn a_report_that_cannot_be_read_says_nothing_and_is_counted() {
    let report = |text: &str| {
        ShownReport::of(&object(json!({
            "apiVersion": "netfault.dev/v1alpha1", "kind": "NodeReport",
            "metadata": {"name": "n1", "ownerReferences": [
                {"apiVersion": "v1", "kind": "Node", "name": "n1", "uid": "u"},
            ]},
            "spec": {},
            "status": {"epoch": 3, "sequence": 4, "hash": "h", "report": text},
        })))
    };
    let mut mirror = Mirror::new("x");
    let (shown, said) = report("of a later version");
    assert_eq!((shown.owner.as_str(), shown.acknowledged.epoch), ("u", 0));
    assert!(said.pods.is_empty());
    mirror.put_report("n1", Some((shown, said)));
    assert_eq!(mirror.unreadable(), 1);
    let (shown, said) = report("");
    assert_eq!(shown.acknowledged.epoch, 3);
    mirror.put_report("n1", Some((shown, said)));
    assert_eq!(mirror.unreadable(), 0);
}

#[test]
fn a_fault_that_cannot_be_read_is_known_by_its_names_and_its_field() {
    let fault: DeserializeGuard<WithPath<NetworkFault>> = object(json!({
        "apiVersion": "netfault.dev/v1alpha1", "kind": "NetworkFault",
        "metadata": {"name": "odd", "namespace": "shop", "uid": "u"},
        "spec": {"faults": {"reset": {}}, "duration": "a while"},
    }));
    let wrong = views::wrong_fault(fault.0.unwrap_err());
    assert_eq!(
        (wrong.id.to_string().as_str(), wrong.id.uid.as_str()),
        ("shop/odd", "u")
    );
    assert!(wrong.problem.starts_with("spec.duration: "), "{wrong:?}");
    let mut mirror = Mirror::new("x");
    mirror.put_wrong_fault("shop/odd", Some(wrong.clone()));
    assert!(mirror.take_changed().progress);
    assert_eq!(
        (mirror.wrong_faults().next(), mirror.unreadable()),
        (Some(&wrong), 1)
    );
    mirror.put_wrong_fault("shop/odd", None);
    assert_eq!((mirror.wrong_faults().count(), mirror.unreadable()), (0, 0));
}
