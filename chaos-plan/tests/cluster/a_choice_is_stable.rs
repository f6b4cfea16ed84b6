//! Which pods: a draw by the seed alone, kept while the pods exist.

use chaos_api::Settings;
use chaos_plan::{FaultView, PlanBody, Refusal, World, place};
use proptest::prelude::*;
use proptest::sample::subsequence;

use crate::town::{chosen, fault, now, placed, pod, settings, started, town, verdict};

/// The town with this many replicas.
fn replicas(count: usize) -> World {
    let mut world = town();
    world.pods.retain(|pod| pod.namespace != "orders");
    for index in 0..count {
        let node = ["n1", "n2", "n3"][index % 3];
        let address = format!("10.1.{}.{}", index % 3 + 1, index / 3 + 30);
        let name = format!("orders-{index}");
        world
            .pods
            .push(pod("orders", &name, "orders", node, &address));
    }
    world
}

fn with(mode: &str, seed: u64) -> FaultView {
    let words = format!("{mode}, seed: {seed}, faults: {{blackhole: {{}}}}");
    fault("a", &words)
}

fn modes() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "mode: All",
        "mode: One",
        "mode: Fixed, value: \"2\"",
        "mode: FixedPercent, value: 40%",
        "mode: RandomMaxPercent, value: 60%",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_in_which_the_world_is_told_is_of_no_consequence(
        mode in modes(),
        seed in 0_u64..1000,
        shuffled in Just(replicas(7)).prop_flat_map(|world| {
            (Just(world.pods.clone()).prop_shuffle(), Just(world.nodes.clone()).prop_shuffle(),
             Just(world.endpoints.clone()).prop_shuffle(), Just(world))
        }),
    ) {
        let (pods, nodes, endpoints, world) = shuffled;
        let peer = "traffic: {peers: [{service: {name: nats, namespace: messaging}}]}";
        let faults = [with(mode, seed), fault("b", &format!("mode: One, {peer}, faults: {{reset: {{}}}}"))];
        let told = World { pods, nodes, endpoints, ..world.clone() };
        let backwards: Vec<_> = faults.iter().rev().cloned().collect();
        prop_assert_eq!(placed(&faults, &world), placed(&backwards, &told));
    }

    #[test]
    fn counts_are_what_the_words_say(count in 3_usize..40, seed in any::<u32>()) {
        let world = replicas(count);
        let drawn = |mode| verdict(&with(mode, seed.into()), &world).chosen.len();
        prop_assert_eq!(drawn("mode: All"), count);
        prop_assert_eq!(drawn("mode: One"), 1);
        prop_assert_eq!(drawn("mode: Fixed, value: \"2\""), 2);
        prop_assert_eq!(drawn("mode: FixedPercent, value: 40%"), (count * 2 / 5).max(1));
        prop_assert_eq!(drawn("mode: FixedPercent, value: 0.1%"), 1);
        let some = drawn("mode: RandomMaxPercent, value: 60%");
        prop_assert!(1 <= some && some <= (count * 3 / 5).max(1));
    }

    #[test]
    fn a_chosen_pod_stays_chosen_while_it_exists(
        mode in modes(),
        seed in 0_u64..1000,
        left in subsequence((0..7).collect::<Vec<usize>>(), 1..7),
    ) {
        let first = verdict(&with(mode, seed), &replicas(7));
        let names = chosen(&first);
        let running = started(with(mode, seed), &names);
        let mut world = replicas(12);
        world.pods.retain(|pod| {
            let index = pod.name.strip_prefix("orders-").and_then(|text| text.parse().ok());
            index.is_none_or(|index: usize| index >= 7 || left.contains(&index))
        });
        let gone = |name: &&str| world.pods.iter().any(|pod| pod.name == **name);
        let expected: Vec<_> = names.iter().copied().filter(gone).collect();
        let second = verdict(&running, &world);
        prop_assert_eq!(chosen(&second), expected);
    }
}

#[test]
fn the_seed_decides_and_every_pod_can_be_drawn() {
    let world = replicas(5);
    let draw = |seed| {
        verdict(&with("mode: One", seed), &world).chosen[0]
            .name
            .clone()
    };
    assert_eq!(draw(42), draw(42));
    let drawn: std::collections::BTreeSet<_> = (0..100).map(draw).collect();
    assert_eq!(drawn.len(), 5);
}

#[test]
fn a_dynamic_fault_covers_the_pods_that_start_later_up_to_the_limit() {
    let words = "mode: All, dynamic: true, faults: {blackhole: {}}";
    let running = started(fault("a", words), &["orders-0", "orders-1", "orders-2"]);
    let mut world = town();
    world
        .pods
        .push(pod("orders", "orders-3", "orders", "n1", "10.1.1.11"));
    world
        .pods
        .push(pod("orders", "orders-4", "orders", "n1", "10.1.1.12"));
    let all = ["orders-0", "orders-1", "orders-2", "orders-3", "orders-4"];
    assert_eq!(chosen(&verdict(&running, &world)), all);
    let strict = Settings {
        max_pods: 4,
        ..settings()
    };
    let placement = place(std::slice::from_ref(&running), &world, &strict, now());
    let verdict = &placement.verdicts[&running.id];
    assert_eq!(chosen(verdict), &all[..4]);
    assert_eq!(verdict.refused[0].1, Refusal::TooManyPods);
}

#[test]
fn without_dynamic_the_pods_are_those_of_the_start() {
    let running = started(
        fault("a", "mode: All, faults: {blackhole: {}}"),
        &["orders-1"],
    );
    assert_eq!(chosen(&verdict(&running, &town())), ["orders-1"]);
    let gone = started(
        fault("a", "mode: All, faults: {blackhole: {}}"),
        &["orders-9"],
    );
    let verdict = verdict(&gone, &town());
    assert_eq!(verdict.outcome, chaos_plan::Outcome::Placed);
    assert!(verdict.chosen.is_empty());
}

#[test]
fn a_pod_that_is_being_deleted_stays_under_the_fault_until_it_has_gone() {
    let running = started(
        fault("a", "mode: One, faults: {blackhole: {}}"),
        &["orders-1"],
    );
    let mut world = town();
    world.pods[1].deleting = true;
    assert_eq!(chosen(&verdict(&running, &world)), ["orders-1"]);
}

#[test]
fn a_controller_that_was_restarted_finds_its_choice_in_the_plans() {
    let fault = with("mode: Fixed, value: \"2\"", 3);
    let placement = placed(std::slice::from_ref(&fault), &replicas(6));
    let found = PlanBody::chosen(placement.plans.values());
    let verdict = &placement.verdicts[&fault.id];
    let expected = verdict.chosen.iter().map(|pod| pod.uid.clone()).collect();
    assert_eq!(found[&fault.id], expected);
}

#[test]
fn pods_are_named_where_no_label_tells_them_apart() {
    let mut fault = with("mode: All", 1);
    fault.spec.selector = None;
    fault.spec.pods = vec!["orders-2".into(), "gone".into(), "orders-0".into()];
    let verdict = verdict(&fault, &town());
    assert_eq!(chosen(&verdict), ["orders-0", "orders-2"]);
    assert_eq!(verdict.selected, 2);
}
