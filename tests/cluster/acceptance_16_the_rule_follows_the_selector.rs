//! A fault follows its selector: pods that start are covered, pods that go are forgotten, and a node
//! that has none any more has nothing left.

use std::collections::BTreeSet;
use std::time::Duration;

use chaos_api::PodState;
use chaos_tests::cluster::{Fault, Node, Pod, Town, Workload, agent_of, nanoseconds, soon};
use chaos_tests::promises;
use chaos_witness::Failure;

promises! { [ClusterAlone] new_pods_are_covered_at_once_and_old_ones_forgotten in 180 }

const SOON: Duration = Duration::from_secs(30);
/// How long after its start a pod may still reach what it asks for: the kubelet looks once a second
/// for pods that have started, and only then the cluster knows of their address.
const AT_ONCE: Duration = Duration::from_secs(2);

fn new_pods_are_covered_at_once_and_old_ones_forgotten() {
    let town = Town::open("follow");
    town.start([Workload::web("web")]);
    town.start([client(1).on("n1")]);
    let fault = town.inject("reset deploy/client --to svc/web --for 150s");
    let first = town.pod("client");
    is_covered(&first, fault.in_force);

    town.kubectl("scale deployment client --replicas=2");
    let two = town.await_ready("client", 2);
    are_covered(&two, fault.in_force);
    are_all(&fault, &two);

    town.kubectl(&format!("delete pod {} --wait=true", first.name()));
    let two = town.await_ready("client", 2);
    assert!(two.iter().all(|pod| pod.uid() != first.uid()), "a new one");
    are_covered(&two, fault.in_force);
    are_all(&fault, &two);
    assert!(engines(&first.node()) >= 1.0, "both are on that node");

    town.start([client(2).on("n2")]);
    let moved = soon("both have moved", SOON, || {
        let pods = town.await_ready("client", 2);
        pods.iter()
            .all(|pod| pod.node().name() == "n2")
            .then_some(pods)
    });
    are_covered(&moved, fault.in_force);
    are_all(&fault, &moved);
    let none = || (engines(&first.node()) == 0.0).then_some(());
    soon("the old node has nothing left", SOON, none);
    let status = fault.stop();
    assert!(status.totals.counters.refused > 20, "{status:#?}");
}

fn client(replicas: usize) -> Workload {
    Workload::witness("client", "http-poll --server web:80").replicas(replicas)
}

fn are_covered(pods: &[Pod], in_force: u64) {
    for pod in pods {
        is_covered(pod, in_force);
    }
}

/// All that a pod asks for is refused from its start on.
fn is_covered(pod: &Pod, in_force: u64) {
    let lines = pod.await_lines("main", "requests", SOON, |lines| {
        let start = lines.0.first()?.at.max(in_force);
        let lines = lines.from(start + nanoseconds(AT_ONCE));
        (lines.polls().len() >= 10).then_some(lines)
    });
    assert_eq!(lines.answers(), 0, "{} is not covered", pod.name());
    assert!(
        lines
            .failures()
            .iter()
            .all(|(_, how)| *how == Failure::Refused)
    );
}

/// The fault is in force in these pods and no others.
#[track_caller]
fn are_all(fault: &Fault<'_>, pods: &[Pod]) {
    let wanted: BTreeSet<_> = pods.iter().map(Pod::uid).collect();
    fault.await_status("it is in force in these pods", SOON, |status| {
        let receipts = status.receipts.iter();
        let armed = receipts.filter(|one| one.state == PodState::Armed);
        armed.map(|one| one.uid.as_str()).collect::<BTreeSet<_>>() == wanted
    });
}

/// How many pods of a node have programs of netfault attached, as its agent measures.
fn engines(node: &Node) -> f64 {
    agent_of(node).metric(9464, "netfault_agent_engines")
}
