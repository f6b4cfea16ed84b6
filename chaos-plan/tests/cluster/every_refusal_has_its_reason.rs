//! Why a fault is not placed, and why a pod is not hit: each reason once, with its words.

use chaos_api::{Condition, Reason, Time};
use chaos_plan::{FaultView, Outcome, Phase, PodView, Refusal, World, place};

use crate::town::{
    chosen, fault, fault_in, labels, later, now, pod, settings, started, town, verdict,
};

const ALL: &str = "mode: All, faults: {blackhole: {}}";

fn refused(fault: &FaultView, world: &World, reason: Reason, message: &str) {
    let verdict = verdict(fault, world);
    assert_eq!(
        (verdict.outcome, verdict.reason, verdict.message.as_str()),
        (Outcome::Refused, reason, message)
    );
    assert!(verdict.chosen.is_empty());
}

fn over(fault: &FaultView, world: &World, reason: Reason) {
    let verdict = verdict(fault, world);
    assert_eq!((verdict.outcome, verdict.reason), (Outcome::Over, reason));
}

#[test]
fn a_fault_that_is_allowed_says_for_how_many_pods() {
    let verdict = verdict(&fault("a", ALL), &town());
    assert_eq!(verdict.message, "it is for 3 of 3 pods");
    assert_eq!(
        (verdict.outcome, verdict.reason),
        (Outcome::Placed, Reason::Allowed)
    );
    assert_eq!(chosen(&verdict), ["orders-0", "orders-1", "orders-2"]);
    assert_eq!(verdict.ends, Some(later(30)));
}

#[test]
fn a_namespace_opts_in_and_some_never_can() {
    let label = "namespace closed does not allow faults; label it with netfault.dev/enabled=true";
    refused(
        &fault_in("closed", "a", ALL),
        &town(),
        Reason::NamespaceNotEnabled,
        label,
    );
    for name in ["kube-system", "netfault-system"] {
        let message = format!("faults in {name} are never allowed");
        refused(
            &fault_in(name, "a", ALL),
            &town(),
            Reason::NamespaceForbidden,
            &message,
        );
    }
}

#[test]
fn an_installation_s_limits_hold() {
    let mut long = fault("a", ALL);
    long.spec.duration = "2h".parse().unwrap();
    let message = "2h is longer than this installation allows, 1h";
    refused(&long, &town(), Reason::DurationTooLong, message);
    let mut strict = settings();
    strict.max_pods = 2;
    let many = fault("a", ALL);
    let placement = place(std::slice::from_ref(&many), &town(), &strict, now());
    let verdict = &placement.verdicts[&many.id];
    assert_eq!(verdict.reason, Reason::TooManyPods);
    assert_eq!(
        verdict.message,
        "it would hit 3 pods; this installation allows 2"
    );
    assert!(placement.plans.is_empty());
}

#[test]
fn who_means_every_replica_says_so() {
    let message = "it would hit all 3 pods; write mode: All if that is meant";
    for mode in [
        "mode: Fixed, value: \"3\"",
        "mode: Fixed, value: \"9\"",
        "mode: FixedPercent, value: 100%",
        "mode: RandomMaxPercent, value: 100%",
    ] {
        let words = format!("{mode}, faults: {{blackhole: {{}}}}");
        refused(&fault("a", &words), &town(), Reason::EveryReplica, message);
    }
    let mut small = town();
    small
        .pods
        .retain(|pod| pod.namespace != "orders" || pod.name == "orders-0");
    let one = fault("a", "mode: One, faults: {blackhole: {}}");
    let message = "it would hit all 1 pods; write mode: All if that is meant";
    refused(&one, &small, Reason::EveryReplica, message);
}

#[test]
fn a_spec_that_the_server_would_refuse_is_refused_here_too() {
    let words = "mode: One, dynamic: true, faults: {}";
    let message = "spec.faults: names no fault; write blackhole, corrupt, delay, duplicate, loss, rate, reject, reorder or reset; \
                   spec.dynamic: goes with mode All only; remove it";
    refused(&fault("a", words), &town(), Reason::InvalidSpec, message);
}

#[test]
fn no_pod_is_a_reason() {
    let mut empty = town();
    empty.pods.retain(|pod| pod.namespace != "orders");
    let message = "the selector matches no pod of the namespace";
    refused(&fault("a", ALL), &empty, Reason::NoPods, message);
    let mut over = town();
    over.pods.iter_mut().for_each(|pod| pod.phase = Phase::Over);
    refused(&fault("a", ALL), &over, Reason::NoPods, message);
    let mut going = town();
    going.pods.iter_mut().for_each(|pod| pod.deleting = true);
    refused(&fault("a", ALL), &going, Reason::NoPods, message);
    let mut hosts = town();
    hosts
        .pods
        .iter_mut()
        .for_each(|pod| pod.host_network = true);
    let message = "none of the 3 pods can be hit";
    refused(&fault("a", ALL), &hosts, Reason::NoPodCanBeHit, message);
}

#[test]
fn what_has_ended_does_not_come_back() {
    over(
        &fault("a", "mode: All, stopped: true, faults: {reset: {}}"),
        &town(),
        Reason::Stopped,
    );
    let mut expired = started(fault("a", ALL), &["orders-0"]);
    expired.started = Some(later(-30));
    over(&expired, &town(), Reason::Expired);
    let mut ended = started(fault("a", ALL), &["orders-0"]);
    ended.status.conditions.push(Condition {
        type_: "Succeeded".into(),
        status: "True".into(),
        reason: "Halted".into(),
        message: String::new(),
        observed_generation: None,
        last_transition_time: Time(now()),
    });
    over(&ended, &town(), Reason::Halted);
}

#[test]
fn a_halt_ends_what_runs_and_keeps_the_rest_from_starting() {
    let mut halted = town();
    halted.halted = true;
    over(
        &started(fault("a", ALL), &["orders-0"]),
        &halted,
        Reason::Halted,
    );
    let message = "all faults are stopped; end that by netfault resume";
    refused(&fault("a", ALL), &halted, Reason::Halted, message);
}

#[test]
fn an_old_fault_does_not_fire_late() {
    let words = "mode: All, startBefore: 2026-11-20T11:59:59Z, faults: {reset: {}}";
    over(&fault("a", words), &town(), Reason::StartedTooLate);
    let mut old = fault("a", ALL);
    old.created = later(-59);
    assert_eq!(verdict(&old, &town()).outcome, Outcome::Placed);
    old.created = later(-61);
    over(&old, &town(), Reason::StartedTooLate);
    old.started = Some(later(-5));
    assert_eq!(verdict(&old, &town()).outcome, Outcome::Placed);
}

#[test]
fn each_pod_that_cannot_be_hit_says_why() {
    type Spoil = fn(&mut PodView);
    let cases: [(Refusal, Spoil); 7] = [
        (Refusal::HostNetwork, |pod| pod.host_network = true),
        (Refusal::NotScheduled, |pod| pod.node = None),
        (Refusal::NodeUnknown, |pod| pod.node = Some("n9".into())),
        (Refusal::NoAddress, |pod| pod.ips.clear()),
        (Refusal::Windows, |pod| pod.node = Some("win".into())),
        (Refusal::VirtualNode, |pod| pod.node = Some("cloud".into())),
        (Refusal::SandboxedRuntime, |pod| {
            pod.runtime = Some("kata-qemu".into());
        }),
    ];
    for (refusal, spoil) in cases {
        let mut world = town();
        let mut windows = world.nodes[0].clone();
        (windows.name, windows.os) = ("win".into(), "windows".into());
        let mut cloud = world.nodes[0].clone();
        cloud.name = "cloud".into();
        cloud.labels = labels(&[("type", "virtual-kubelet")]);
        world.nodes.extend([windows, cloud]);
        spoil(&mut world.pods[0]);
        let verdict = verdict(&fault("a", ALL), &world);
        assert_eq!(chosen(&verdict), ["orders-1", "orders-2"], "{refusal:?}");
        let why: Vec<_> = verdict
            .refused
            .iter()
            .map(|(pod, why)| (&*pod.name, *why))
            .collect();
        assert_eq!(why, [("orders-0", refusal)]);
        assert!(!refusal.message().is_empty() && !refusal.as_str().is_empty());
    }
}

#[test]
fn an_ordinary_runtime_class_is_no_reason() {
    let mut world = town();
    world.pods[0].runtime = Some("nvidia".into());
    world
        .pods
        .push(pod("orders", "orders-3", "orders", "n1", "10.1.1.11"));
    assert_eq!(verdict(&fault("a", ALL), &world).chosen.len(), 4);
}
