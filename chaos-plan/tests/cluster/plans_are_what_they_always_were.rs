//! The plans of a small cluster, as text.

use chaos_plan::{Answer, aggregate};

use crate::town::{fault, now, placed, started, town};

#[test]
fn the_town_s_plans() {
    let nats = "peers: [{service: {name: nats, namespace: messaging}, ports: [{port: 4222}]}]";
    let cut = format!("mode: All, traffic: {{{nats}}}, faults: {{reset: {{}}}}");
    let isolate = "mode: One, probes: Include, seed: 42, faults: {blackhole: {probability: 12.5%}}";
    let mut world = town();
    world.pods[0].static_hash = Some("5f3c".into());
    let faults = [fault("cut-nats", &cut), fault("isolate", isolate)];
    let placement = placed(&faults, &world);
    insta::assert_yaml_snapshot!("plans", placement.plans);
}

#[test]
fn the_town_s_status() {
    let fault = started(
        fault("isolate", "mode: One, seed: 42, faults: {blackhole: {}}"),
        &["orders-1"],
    );
    let placement = placed(std::slice::from_ref(&fault), &town());
    let silent = [("n2".to_owned(), Answer::default())].into();
    let status = aggregate(&fault, &placement.verdicts[&fault.id], &silent, now());
    insta::assert_yaml_snapshot!("status", status);
}
