//! Peers and labels on the command line as a cluster knows them.

use chaos_api::{PeerWords, PeerWordsArg, PortName, PortWords, ServiceRef, label_selector};
use serde_json::{Value, json};

/// The peer as the object writes it, or the words that are still to be looked up.
fn read(arg: &str) -> Value {
    match PeerWords::from_arg(arg) {
        Ok(PeerWordsArg::Peer(peer)) => serde_json::to_value(peer).unwrap(),
        Ok(PeerWordsArg::Pod { pod, ports }) => json!({ "pod": pod.to_string(), "ports": ports }),
        Ok(PeerWordsArg::Host { host, ports }) => json!({ "host": host, "ports": ports }),
        Err(error) => json!(error.to_string()),
    }
}

#[test]
fn every_form_of_a_peer_is_read() {
    let cases = [
        ("svc/nats", json!({"service": {"name": "nats"}})),
        (
            "svc/nats.messaging:4222,6222-6230,client",
            json!({"service": {"name": "nats", "namespace": "messaging"}, "ports": [
                {"port": 4222}, {"port": 6222, "endPort": 6230}, {"port": "client"}]}),
        ),
        (
            "nats.messaging.svc.cluster.local:4222",
            json!({"service": {"name": "nats", "namespace": "messaging"}, "ports": [{"port": 4222}]}),
        ),
        (
            "label:app=nats:4222",
            json!({"podSelector": {"matchLabels": {"app": "nats"}}, "ports": [{"port": 4222}]}),
        ),
        (
            "label:app=nats,tier=web,ns=messaging",
            json!({
                "podSelector": {"matchLabels": {"app": "nats", "tier": "web"}},
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "messaging"}},
            }),
        ),
        (
            "label:ns=messaging",
            json!({
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "messaging"}},
            }),
        ),
        ("10.0.0.0/8", json!({"ipBlock": {"cidr": "10.0.0.0/8"}})),
        (
            "[fd00::1]:53",
            json!({"ipBlock": {"cidr": "fd00::1/128"}, "ports": [{"port": 53}]}),
        ),
        (
            "pod/nats-0.messaging:4222",
            json!({"pod": "nats-0.messaging", "ports": [{"port": 4222}]}),
        ),
        (
            "db.example.org",
            json!({"host": "db.example.org", "ports": []}),
        ),
    ];
    for (arg, expected) in cases {
        assert_eq!(read(arg), expected, "{arg}");
    }
}

#[test]
fn what_is_no_peer_is_refused_with_the_forms() {
    for arg in [
        "",
        "svc/",
        "svc/Nats",
        "pod/",
        "deploy/nats",
        "svc/a.b.c",
        "label:",
        "label:a=b:0",
    ] {
        let line = read(arg);
        let line = line.as_str().unwrap();
        assert!(line.starts_with(&format!("{arg}: ")), "{line}");
        assert_eq!(line.lines().count(), 1);
    }
}

#[test]
fn a_port_with_a_letter_is_a_name() {
    let list = PortWords::list("http-alt").unwrap();
    assert_eq!(list[0].port, PortName::Name("http-alt".into()));
    assert!(PortWords::list("80-").is_err());
}

#[test]
fn labels_are_read_as_kubectl_reads_them() {
    let cases = [
        ("app=orders", json!({"matchLabels": {"app": "orders"}})),
        ("app==orders", json!({"matchLabels": {"app": "orders"}})),
        (
            "app in (orders, billing),example.org/tier!=web,canary,!old",
            json!({"matchExpressions": [
                {"key": "app", "operator": "In", "values": ["orders", "billing"]},
                {"key": "example.org/tier", "operator": "NotIn", "values": ["web"]},
                {"key": "canary", "operator": "Exists"},
                {"key": "old", "operator": "DoesNotExist"},
            ]}),
        ),
        (
            "app=a,app=b",
            json!({"matchLabels": {"app": "a"},
                   "matchExpressions": [{"key": "app", "operator": "In", "values": ["b"]}]}),
        ),
        (
            "tier notin (web)",
            json!({"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["web"]}]}),
        ),
    ];
    for (text, expected) in cases {
        let selector = serde_json::to_value(label_selector(text).unwrap()).unwrap();
        assert_eq!(selector, expected, "{text}");
    }
    for text in [
        "",
        " ",
        "app:orders",
        "app=a b",
        "a,,b",
        "=x",
        "app in web",
        "app in (web",
        "!",
    ] {
        assert!(label_selector(text).is_err(), "{text}");
    }
}

#[test]
fn a_service_is_named_with_its_namespace() {
    let both = ServiceRef {
        name: "nats".into(),
        namespace: Some("messaging".into()),
    };
    assert_eq!(both.to_string(), "nats.messaging");
}
