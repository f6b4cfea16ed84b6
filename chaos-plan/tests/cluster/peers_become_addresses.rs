//! The other ends: Services, selectors and ranges as addresses and ports.

use std::net::SocketAddr;

use chaos_abi::{Direction, Protocol as Word};
use chaos_api::{Protocol, Reason, Span};
use chaos_plan::{Fault, Outcome, PacketWords, PodOrder, Spare, Table, World, lower, matches};

use crate::town::{fault, labels, only, placed, pod, port, started, town, verdict};

/// A fault whose peers are these words.
fn peers(words: &str) -> String {
    format!("mode: All, traffic: {{peers: [{words}]}}, faults: {{reset: {{}}}}")
}

const NATS: &str = "service: {name: nats, namespace: messaging}";

/// The order for the first pod.
fn order(words: &str, world: &World) -> PodOrder {
    let fault = fault("a", words);
    let plan = only(&placed(std::slice::from_ref(&fault), world), "n1");
    let mut orders = plan.orders(&plan.pods[0], |_| Span::from_secs(5));
    assert_eq!(orders.len(), 1);
    orders.remove(0)
}

/// Its peers as text: range and ports.
fn resolved(words: &str, world: &World) -> Vec<String> {
    let peers = order(words, world).spec.traffic.peers.into_iter();
    let text = peers.map(|peer| {
        let range = peer
            .ip_block
            .map_or("any".into(), |block| block.cidr.to_string());
        let ports = peer.ports.iter().map(|port| {
            let protocol = port.protocol.map_or(String::new(), |p| format!("/{p}"));
            format!(" {}{protocol}", port.port)
        });
        range + &ports.collect::<String>()
    });
    text.collect()
}

#[test]
fn a_service_is_its_own_address_and_its_endpoints() {
    let words = peers(&format!("{{{NATS}, ports: [{{port: 4222}}]}}"));
    let expected = [
        "10.1.2.20/32 4223/TCP",
        "10.1.3.20/32 4223/TCP",
        "10.96.0.7/32 4222/TCP",
    ];
    assert_eq!(resolved(&words, &town()), expected);
    let named = peers(&format!("{{{NATS}, ports: [{{port: client}}]}}"));
    assert_eq!(resolved(&named, &town()), expected);
}

#[test]
fn a_service_without_ports_is_all_its_ports_of_the_fault_s_protocols() {
    let tcp = peers(&format!("{{{NATS}}}"));
    let expected = [
        "10.1.2.20/32 4223/TCP 8222/TCP",
        "10.1.3.20/32 4223/TCP 8222/TCP",
        "10.96.0.7/32 4222/TCP 8222/TCP",
    ];
    assert_eq!(resolved(&tcp, &town()), expected);
    let words = format!(
        "mode: All, traffic: {{protocol: UDP, peers: [{{{NATS}}}]}}, faults: {{blackhole: {{}}}}"
    );
    let expected = [
        "10.1.2.20/32 7000/UDP",
        "10.1.3.20/32 7000/UDP",
        "10.96.0.7/32 7000/UDP",
    ];
    assert_eq!(resolved(&words, &town()), expected);
    let words = format!(
        "mode: All, traffic: {{protocol: ICMP, peers: [{{{NATS}}}]}}, faults: {{blackhole: {{}}}}"
    );
    let expected = ["10.1.2.20/32", "10.1.3.20/32", "10.96.0.7/32"];
    assert_eq!(resolved(&words, &town()), expected);
}

#[test]
fn services_that_share_endpoints_are_named() {
    let words = peers(&format!("{{{NATS}, ports: [{{port: 4222}}]}}"));
    let note = "Service messaging/nats shares endpoints with messaging/nats-headless, \
                whose traffic to them is hit too";
    assert_eq!(verdict(&fault("a", &words), &town()).notes, [note]);
    let mut apart = town();
    apart.endpoints.retain(|slice| slice.service == "nats");
    assert_eq!(verdict(&fault("a", &words), &apart).notes, [""; 0]);
}

#[test]
fn selectors_take_pods_of_the_namespaces_they_name() {
    let own = peers("{podSelector: {matchLabels: {app: orders}}}");
    let expected = ["10.1.1.10/32", "10.1.2.10/32", "10.1.3.10/32"];
    assert_eq!(resolved(&own, &town()), expected);
    let tier = "namespaceSelector: {matchLabels: {tier: backend}}";
    let both = peers(&format!(
        "{{{tier}, podSelector: {{matchLabels: {{app: nats}}}}, ports: [{{port: client}}]}}"
    ));
    let expected = ["10.1.2.20/32 4223/TCP", "10.1.3.20/32 4223/TCP"];
    assert_eq!(resolved(&both, &town()), expected);
    let expressions = peers(
        "{namespaceSelector: {matchExpressions: [{key: tier, operator: In, values: [backend]}, \
         {key: closed, operator: DoesNotExist}]}}",
    );
    assert_eq!(
        resolved(&expressions, &town()),
        ["10.1.2.20/32", "10.1.3.20/32"]
    );
}

#[test]
fn pods_whose_port_of_that_name_differs_are_told_apart() {
    let mut world = town();
    let nats = world
        .pods
        .iter_mut()
        .find(|pod| pod.name == "nats-1")
        .unwrap();
    nats.ports = vec![port("client", 5000, Protocol::Tcp)];
    let words =
        peers("{namespaceSelector: {matchLabels: {tier: backend}}, ports: [{port: client}]}");
    let expected = ["10.1.2.20/32 4223/TCP", "10.1.3.20/32 5000/TCP"];
    assert_eq!(resolved(&words, &world), expected);
}

#[test]
fn a_pod_on_its_node_s_network_is_left_out_and_that_is_said() {
    let mut world = town();
    let mut host = pod("orders", "proxy", "proxy", "n1", "192.168.0.1");
    host.host_network = true;
    world.pods.push(host);
    world
        .pods
        .push(pod("orders", "plain", "proxy", "n1", "10.1.1.40"));
    let words = peers("{podSelector: {matchLabels: {app: proxy}}}");
    assert_eq!(resolved(&words, &world), ["10.1.1.40/32"]);
    let note = "1 pods among the peers share their node's address and are left out";
    assert_eq!(verdict(&fault("a", &words), &world).notes, [note]);
}

#[test]
fn ranges_stay_as_they_are() {
    let words = peers(
        "{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}, ports: [{port: 1, endPort: 9}]}",
    );
    let order = order(&words, &town());
    let expected: chaos_api::FaultSpec = serde_saphyr::from_str(
        "{traffic: {peers: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}, \
         ports: [{port: 1, endPort: 9}]}]}, faults: {reset: {}}, duration: 5s, seed: 7}",
    )
    .unwrap();
    assert_eq!(order.spec, expected);
    assert_eq!(order.spec.validate(), Ok(()));
    assert_eq!(
        resolved(&peers("{ports: [{port: 53}]}"), &town()),
        ["any 53"]
    );
}

#[test]
fn peers_that_are_not_there_keep_a_fault_from_starting() {
    let cases = [
        (
            "service: {name: nat, namespace: messaging}",
            "Service messaging/nat does not exist",
        ),
        (
            "service: {name: nats}",
            "Service orders/nats does not exist",
        ),
        (
            "service: {name: nats, namespace: messaging}, ports: [{port: 9}]",
            "Service messaging/nats has no port 9; \
             Service messaging/nats has neither an address nor an endpoint there",
        ),
        (
            "podSelector: {matchLabels: {app: nobody}}",
            "a podSelector or namespaceSelector among the peers matches no pod",
        ),
    ];
    for (words, note) in cases {
        let verdict = verdict(&fault("a", &peers(&format!("{{{words}}}"))), &town());
        assert_eq!(
            (verdict.outcome, verdict.reason),
            (Outcome::Refused, Reason::NoPeers)
        );
        assert_eq!(
            verdict.message,
            format!("none of its peers is there: {note}")
        );
    }
}

#[test]
fn peers_that_go_leave_a_rule_that_nothing_matches_and_never_one_that_everything_does() {
    let words = peers(&format!("{{{NATS}}}"));
    let running = started(fault("a", &words), &["orders-0"]);
    let mut world = town();
    world.services.clear();
    let plan = only(&placed(std::slice::from_ref(&running), &world), "n1");
    let order = plan.orders(&plan.pods[0], |_| Span::from_secs(5)).remove(0);
    let fault = Fault {
        name: order.id.name,
        spec: order.spec,
        deadline: 1,
        seed: 1,
        anchor: 0,
        spare: Spare::default(),
    };
    let table = lower(&Table::default(), &[fault]).unwrap();
    let local: SocketAddr = "10.1.1.10:40000".parse().unwrap();
    for peer in [
        "0.0.0.0:4222",
        "10.1.2.20:4223",
        "10.96.0.7:4222",
        "[::]:1",
        "[fd00::1]:80",
    ] {
        let peer = peer.parse().unwrap();
        for (_, planned) in table.rules() {
            let hit = matches(&planned.matching, local, peer, Word::Tcp, Direction::Egress);
            assert!(!hit, "{peer}");
        }
    }
    let some = peers(&format!("{{{NATS}}}, {{ipBlock: {{cidr: 10.9.0.0/16}}}}"));
    let mut gone = town();
    gone.services.clear();
    assert_eq!(resolved(&some, &gone), ["10.9.0.0/16"]);
}

#[test]
fn pods_and_services_of_both_families_are_named_by_all_addresses() {
    let mut world = town();
    let nats = world
        .pods
        .iter_mut()
        .find(|pod| pod.name == "nats-0")
        .unwrap();
    nats.ips.push("fd00::20".parse().unwrap());
    nats.labels = labels(&[("app", "both")]);
    let words = peers(
        "{namespaceSelector: {matchLabels: {tier: backend}}, podSelector: {matchLabels: {app: both}}}",
    );
    assert_eq!(resolved(&words, &world), ["10.1.2.20/32", "fd00::20/128"]);
}

#[test]
fn excepted_peers_are_looked_up_too_and_spared() {
    let words = format!(
        "mode: All, traffic: {{exceptPeers: [{{{NATS}, ports: [{{port: client}}]}}, \
         {{ipBlock: {{cidr: 10.9.0.0/16}}}}]}}, faults: {{blackhole: {{}}}}"
    );
    let order = order(&words, &town());
    assert_eq!(order.spec.traffic.peers, []);
    let fault = Fault {
        name: order.id.name,
        spec: order.spec,
        deadline: 1,
        seed: 1,
        anchor: 0,
        spare: Spare::default(),
    };
    let table = lower(&Table::default(), &[fault]).unwrap();
    let acts = |peer: &str, protocol| {
        let (local, peer) = ("10.1.1.10:40000".parse().unwrap(), peer.parse().unwrap());
        let packet = PacketWords::of(local, peer, protocol, Direction::Egress);
        !table.acting(&packet).is_empty()
    };
    for spared in ["10.1.2.20:4223", "10.96.0.7:4222", "10.9.1.1:1"] {
        assert!(!acts(spared, Word::Tcp), "{spared}");
    }
    assert!(!acts("10.9.1.1:1", Word::Icmp));
    for met in ["10.1.2.20:8222", "10.96.0.7:80", "10.8.1.1:1"] {
        assert!(acts(met, Word::Tcp), "{met}");
    }
    assert!(
        acts("10.1.2.20:4223", Word::Udp),
        "the Service's port is TCP's"
    );
}

#[test]
fn an_excepted_peer_that_is_not_there_may_be_misspelt() {
    let words = "mode: All, traffic: {exceptPeers: [{service: {name: natz, namespace: messaging}}]}, \
                 faults: {blackhole: {}}";
    let fresh = fault("a", words);
    let refused = verdict(&fresh, &town());
    assert!(
        format!("{refused:?}").contains("exceptPeers[0] is not there"),
        "{refused:?}"
    );
    let running = started(fresh, &["orders-0"]);
    let plan = only(&placed(std::slice::from_ref(&running), &town()), "n1");
    let order = plan.orders(&plan.pods[0], |_| Span::from_secs(5)).remove(0);
    assert_eq!(
        order.spec.traffic.except_peers,
        [],
        "one that went later excepts nothing"
    );
}
