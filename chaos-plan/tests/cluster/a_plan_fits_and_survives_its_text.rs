//! A plan as text: small, the same for the same plan, readable again.

use std::collections::BTreeSet;

use chaos_api::{ENCODING, Span};
use chaos_plan::{FaultView, PlanBody, Unsupported, World, decode, encode, place};
use proptest::prelude::*;

use crate::town::{fault, later, only, placed, pod, settings, started, town};

/// One node with this many pods, and peers behind a selector.
fn crowd(pods: usize, peers: usize) -> World {
    let mut world = town();
    world.pods.clear();
    for index in 0..pods {
        let address = format!("10.1.1.{}", index + 2);
        let name = format!("orders-6b7f9d8c5-{index:05}");
        let mut one = pod("orders", &name, "orders", "n1", &address);
        one.uid = format!("0f8fad5b-d9cb-469f-a165-7086{index:08}");
        world.pods.push(one);
    }
    for index in 0..peers {
        let address = format!("10.2.{}.{}", index / 250, index % 250 + 1);
        world.pods.push(pod(
            "orders",
            &format!("peer-{index}"),
            "peer",
            "n2",
            &address,
        ));
    }
    world
}

fn faults(count: usize) -> Vec<FaultView> {
    let words = |index: usize| {
        format!(
            "mode: All, seed: {index}, traffic: {{peers: [{{podSelector: {{matchLabels: {{app: peer}}}}, \
             ports: [{{port: 4222}}]}}]}}, faults: {{reset: {{probability: 50%}}}}"
        )
    };
    (0..count)
        .map(|index| fault(&format!("fault-{index}"), &words(index)))
        .collect()
}

fn full() -> PlanBody {
    let mut limits = settings();
    limits.max_pods = 200;
    let now = crate::town::now();
    only(&place(&faults(4), &crowd(110, 200), &limits, now), "n1")
}

#[test]
fn a_full_node_s_plan_is_small() {
    let plan = full();
    assert_eq!(
        (plan.pods.len(), plan.faults.len(), plan.peers.len()),
        (110, 4, 1)
    );
    let (text, _) = encode(&plan);
    assert!(text.len() < 100_000, "{} bytes", text.len());
    let orders = plan.orders(&plan.pods[9], |_| Span::from_secs(1));
    assert_eq!(orders.len(), 4);
    assert!(
        orders
            .iter()
            .all(|order| order.spec.traffic.peers.len() == 200)
    );
}

#[test]
fn a_plan_survives_its_text_and_nothing_else_is_taken_for_one() {
    let plan = full();
    let (text, hash) = encode(&plan);
    assert_eq!(decode(ENCODING, &text).unwrap(), plan);
    assert_eq!(hash.len(), 64);
    let empty = PlanBody::default();
    let (nothing, other) = encode(&empty);
    assert_eq!(nothing, "{}");
    assert_ne!(hash, other);
    assert!(decode(ENCODING, &nothing).unwrap().is_empty());
    let line = |encoding, text: &str| decode(encoding, text).unwrap_err().to_string();
    let known = "the encoding \"cbor/1\" is not known to this version, which reads \"json/1\"";
    assert_eq!(line("cbor/1", &text), known);
    assert!(line(ENCODING, "{").starts_with("the plan is not readable: "));
    let newer = line(ENCODING, "{\"mirrors\":[]}");
    assert!(newer.contains("unknown field `mirrors`"), "{newer}");
    let dangling = text.replace("\"peers\":[0]", "\"peers\":[7]");
    assert!(matches!(
        decode(ENCODING, &dangling),
        Err(Unsupported::Dangling(_))
    ));
    assert!(matches!(
        Unsupported::verify("{}", &hash),
        Err(Unsupported::Hash)
    ));
    assert!(Unsupported::verify(&text, &hash).is_ok());
}

#[test]
fn time_alone_changes_no_plan() {
    let fault = fault("a", "mode: All, faults: {blackhole: {}}");
    let first = placed(std::slice::from_ref(&fault), &town());
    let running = started(fault, &["orders-0", "orders-1", "orders-2"]);
    for seconds in [0, 1, 29] {
        let again = place(
            std::slice::from_ref(&running),
            &town(),
            &settings(),
            later(seconds),
        );
        assert_eq!(again.plans, first.plans);
    }
    let ended = place(
        std::slice::from_ref(&running),
        &town(),
        &settings(),
        later(30),
    );
    assert!(ended.plans.is_empty());
}

#[test]
fn orders_carry_what_is_left_and_none_that_has_nothing_left() {
    let fault = fault("a", "mode: All, faults: {blackhole: {}}");
    let plan = only(&placed(std::slice::from_ref(&fault), &town()), "n1");
    let pod = &plan.pods[0];
    let orders = plan.orders(pod, |ends| {
        assert_eq!(ends, later(30));
        Span::from_secs(12)
    });
    assert_eq!(orders[0].spec.duration, Span::from_secs(12));
    assert_eq!(orders[0].spared_ports, [8080, 9000]);
    let sources: Vec<_> = orders[0].sources.iter().map(ToString::to_string).collect();
    assert_eq!(sources, ["10.1.1.1", "192.168.0.1"]);
    assert!(plan.orders(pod, |_| Span::ZERO).is_empty());
}

#[test]
fn probes_are_spared_by_those_faults_that_spare_them() {
    let spare = fault("a", "mode: All, faults: {blackhole: {}}");
    let hit = fault("b", "mode: All, probes: Include, faults: {blackhole: {}}");
    let plan = only(&placed(&[spare, hit.clone()], &town()), "n1");
    let orders = plan.orders(&plan.pods[0], |_| Span::from_secs(1));
    let spared: Vec<_> = orders
        .iter()
        .map(|order| order.spared_ports.len())
        .collect();
    assert_eq!(spared, [2, 0]);
    let plan = only(&placed(&[hit], &town()), "n1");
    assert!(plan.sources.is_empty());
}

#[test]
fn a_change_to_many_nodes_is_answered_over_a_while() {
    let mut world = town();
    world.pods.clear();
    for index in 0..12 {
        let name = format!("n{index}");
        let mut node = world.nodes[0].clone();
        node.name.clone_from(&name);
        world.nodes.push(node);
        let address = format!("10.3.0.{}", index + 1);
        world.pods.push(pod(
            "orders",
            &format!("orders-{index}"),
            "orders",
            &name,
            &address,
        ));
    }
    let fault = fault("a", "mode: All, faults: {blackhole: {}}");
    let spread = |world: &World| only(&placed(std::slice::from_ref(&fault), world), "n3").spread;
    assert_eq!(spread(&world), 32);
    assert_eq!(spread(&town()), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn equal_sets_of_peers_stand_once(names in proptest::collection::vec(0_usize..3, 1..6)) {
        let traffic = |peer: usize| format!(
            "mode: All, traffic: {{peers: [{{ipBlock: {{cidr: 10.{peer}.0.0/16}}}}]}}, faults: {{reset: {{}}}}"
        );
        let faults: Vec<_> = names.iter().enumerate()
            .map(|(index, peer)| fault(&format!("f{index}"), &traffic(*peer))).collect();
        let plan = only(&placed(&faults, &town()), "n1");
        let distinct: BTreeSet<_> = names.iter().collect();
        prop_assert_eq!(plan.peers.len(), distinct.len());
        let (text, _) = encode(&plan);
        prop_assert_eq!(decode(ENCODING, &text).unwrap(), plan);
    }
}
