//! Whoever dies, stands still or can't be reached: a fault ends when it was to end on every node, and
//! what is said afterwards is true.

use std::sync::OnceLock;
use std::thread::sleep;
use std::time::Duration;

use chaos_api::{ConditionType, NetworkFaultStatus, PodReceipt, PodState, Reason};
use chaos_tests::cluster::{
    Fault, Hold, Lines, Pod, Town, Untouched, Workload, agent_of, controllers, leader, nanoseconds,
    soon,
};
use chaos_tests::promises;
use chaos_witness::{Failure, now};

// For half a minute after an API server has been away, Kubernetes starts no pods: no other promise
// needs any from here on.
promises! { [ClusterAlone]
    though_the_api_server_is_away_for_longer in 240,
    a_node_lists_and_ends_it_without_the_api_server in 240,
    though_a_node_is_cut_off in 240,
    though_the_controller_is_gone in 240,
    though_its_leader_stands_still in 240,
    an_agent_that_is_killed_lets_traffic_flow_at_once_and_its_successor_goes_on in 240,
    an_agent_that_dies_again_and_again_is_told_and_so_is_the_gap in 240,
    an_agent_that_stands_still_lets_traffic_flow_after_its_lease in 240
}

const SOON: Duration = Duration::from_mins(1);
/// How long a fault lasts, as the command line has it.
const TIME: &str = "6s";
/// How much earlier or later than promised a witness may see it end: it asks every 100 ms, on a
/// machine that is busy.
const MARGIN: Duration = Duration::from_secs(1);
/// How long after its end what is away stays away.
const AFTER: Duration = Duration::from_secs(1);
/// How long the kernel goes on without its agent.
const LEASE: Duration = Duration::from_secs(3);

/// On each of two nodes a client and, beside it, the server that it asks. All promises share it.
struct Scene {
    town: Town,
    clients: Vec<Pod>,
}

const NODES: [&str; 2] = ["n2", "n3"];

impl Scene {
    /// The scene, and that its clients are untouched from now on.
    fn set() -> (&'static Self, Untouched) {
        static SCENE: OnceLock<Scene> = OnceLock::new();
        let scene = SCENE.get_or_init(Self::build);
        (scene, Untouched::watch(scene.clients.clone()))
    }

    fn build() -> Self {
        let town = Town::open("ends");
        town.start(NODES.map(|node| Workload::web(&format!("web-{node}")).on(node)));
        town.start(NODES.map(|node| {
            // A node that is cut off can't look names up.
            let server = town.pod(&format!("web-{node}")).ip();
            let poll = format!("http-poll --server {server}:8080");
            let client = Workload::witness(&format!("client-{node}"), &poll);
            client.on(node).labelled("role", "client")
        }));
        let clients = NODES.map(|node| town.pod(&format!("client-{node}")));
        let clients = clients.into();
        Self { town, clients }
    }

    /// New connections from both clients are refused.
    fn inject(&self, time: &str) -> Fault<'_> {
        let both = "-l role=client --to label:app=web-n2 --to label:app=web-n3";
        self.town.inject(&format!("reset {both} --for {time}"))
    }

    /// Waits until each client has answers again; gives all that it saw.
    fn await_answers(&self, since: u64) -> Vec<Lines> {
        let healthy = |pod: &Pod| {
            pod.await_lines("main", "answers", SOON, |lines| {
                (lines.from(since).answers() >= 10).then(|| lines.clone())
            })
        };
        self.clients.iter().map(healthy).collect()
    }

    /// Each client was refused from the start to the end, and never after it.
    fn ended_on_time(&self, fault: &Fault<'_>, ends: u64) {
        for lines in self.await_answers(ends + nanoseconds(MARGIN)) {
            let early = ends - nanoseconds(MARGIN);
            let during = lines.begun_from(fault.in_force).between(0, early);
            assert_eq!(during.answers(), 0, "before its end");
            assert!(during.failures().len() > 20, "it was asked all the time");
            let late = lines.from(ends + nanoseconds(MARGIN)).failures();
            assert_eq!(late, [], "after its end");
        }
    }
}

/// The status says that it is over for the reason that its time was, in every pod.
fn status_is_true(fault: &Fault<'_>) {
    let status = fault.await_end(SOON);
    let succeeded = status
        .condition(ConditionType::Succeeded)
        .expect("it is told");
    assert_eq!(
        (succeeded.status.as_str(), succeeded.reason.as_str()),
        ("True", Reason::Expired.as_str())
    );
    let told = |status: &chaos_api::NetworkFaultStatus| {
        let mut receipts = status.receipts.iter();
        receipts.all(|one| one.state == PodState::Ended && one.counters.refused > 20)
    };
    fault.await_status("every pod's account", SOON, told);
}

fn though_a_node_is_cut_off() {
    let (scene, untouched) = Scene::set();
    let node = scene.clients[1].node();
    let fault = scene.inject(TIME);
    let ends = fault.ends();
    let cut = node.cut();
    sleep_until(ends + nanoseconds(AFTER));
    drop(cut);
    scene.ended_on_time(&fault, ends);
    status_is_true(&fault);
    // A node that was silent for so long was never called lost.
    untouched.assert();
}

fn though_the_api_server_is_away_for_longer() {
    let (scene, untouched) = Scene::set();
    let fault = scene.inject(TIME);
    let ends = fault.ends();
    let hold = Hold::of("kube-apiserver");
    sleep_until(ends + nanoseconds(AFTER));
    let_go(hold, &scene.town);
    scene.ended_on_time(&fault, ends);
    status_is_true(&fault);
    untouched.assert();
}

/// Lets the API server go on, and waits until it answers.
fn let_go(hold: Hold, town: &Town) {
    drop(hold);
    soon("the API server answers", SOON, || {
        let answer = town.cluster().kubectl("get --raw /readyz");
        (answer.code == 0).then_some(())
    });
}

fn a_node_lists_and_ends_it_without_the_api_server() {
    let (scene, untouched) = Scene::set();
    let fault = scene.inject("60s");
    let [client, other] = [&scene.clients[0], &scene.clients[1]];
    let name = format!("{}/{}", scene.town.name(), fault.name());
    let hold = Hold::of("kube-apiserver");
    let node = client.node();
    let list = node.netfault("list");
    assert!(list.expect_code(0).stdout.contains(&name), "{list:?}");
    let second = node.netfault(&format!(
        "inject blackhole --container {} --for 5s",
        client.container()
    ));
    let refused = "is under a fault of the cluster";
    assert!(second.expect_code(1).stderr.contains(refused), "{second:?}");
    node.netfault(&format!("stop {name}")).expect_code(0);
    let stopped = now();
    let_go(hold, &scene.town);
    let lines = client.await_lines("main", "answers", SOON, |lines| {
        let lines = lines.from(stopped);
        (lines.answers() >= 10).then_some(lines)
    });
    assert!(first_answer(&lines) < stopped + nanoseconds(MARGIN));
    let ended = |status: &NetworkFaultStatus| {
        let receipt = receipt(status, client);
        receipt.state == PodState::Ended && receipt.reason.as_deref() == Some("Stopped")
    };
    let status = fault.await_status("the node's end is told", SOON, ended);
    assert_eq!(receipt(&status, other).state, PodState::Armed);
    assert_eq!(other.lines().between(stopped, now()).answers(), 0);
    fault.stop();
    untouched.assert();
}

fn though_the_controller_is_gone() {
    let (scene, untouched) = Scene::set();
    let fault = scene.inject(TIME);
    let ends = fault.ends();
    let frozen: Vec<_> = controllers().iter().map(Pod::freeze).collect();
    sleep_until(ends + nanoseconds(AFTER));
    scene.ended_on_time(&fault, ends);
    drop(frozen);
    status_is_true(&fault);
    untouched.assert();
}

fn though_its_leader_stands_still() {
    let (scene, untouched) = Scene::set();
    let fault = scene.inject("24s");
    let (ends, stood) = (fault.ends(), fault.status());
    let before = leader().expect("there is a leader");
    let all = controllers();
    let old = all.iter().find(|pod| before.contains(pod.name()));
    let frozen = old.expect("the leader is one of the replicas").freeze();
    let next = soon("another leads", SOON, || {
        leader().filter(|name| *name != before)
    });
    drop(frozen);
    let stands = fault.status();
    assert_eq!(
        (stands.ends_at, stands.seed),
        (stood.ends_at, stood.seed),
        "nothing was chosen anew"
    );
    scene.ended_on_time(&fault, ends);
    status_is_true(&fault);
    assert_eq!(leader(), Some(next), "the old one has noticed");
    untouched.assert();
}

fn an_agent_that_is_killed_lets_traffic_flow_at_once_and_its_successor_goes_on() {
    let (scene, untouched) = Scene::set();
    let fault = scene.inject("18s");
    let (ends, stood) = (fault.ends(), fault.status());
    let client = &scene.clients[0];
    let killed = now();
    agent_of(&client.node()).kill();
    let lines = client.await_lines("main", "answers", SOON, |lines| {
        let lines = lines.from(killed);
        (lines.answers() >= 1).then_some(lines)
    });
    let first = first_answer(&lines);
    assert!(
        first < killed + nanoseconds(MARGIN),
        "{} ns",
        first - killed
    );
    await_failures(client, first, 10);
    let still = scene.clients[1].lines().between(killed, now());
    assert_eq!(still.answers(), 0, "the other node's agent goes on");
    let stands = fault.status();
    assert_eq!(stands.ends_at, stood.ends_at, "it is not longer for that");
    for lines in scene.await_answers(ends + nanoseconds(MARGIN)) {
        let late = lines.from(ends + nanoseconds(MARGIN)).failures();
        assert_eq!(late, [], "after its end");
    }
    status_is_true(&fault);
    untouched.assert();
}

fn an_agent_that_dies_again_and_again_is_told_and_so_is_the_gap() {
    let (scene, untouched) = Scene::set();
    let fault = scene.inject("90s");
    // The more often a container has failed, the longer the pause before its next start.
    let client = &scene.clients[1];
    let hit = |status: &NetworkFaultStatus| receipt(status, client).counters.refused > 20;
    let before = fault.await_status("it hits", SOON, hit);
    let first = now();
    agent_of(&client.node()).kill();
    await_failures(client, now(), 3);
    // This time it is started anew only after a pause.
    let second = now();
    agent_of(&client.node()).kill();
    fault.await_status("the agent is missed", SOON, |status| {
        let degraded = status.condition(ConditionType::Degraded);
        let missed = degraded.is_some_and(|one| one.reason == Reason::AgentsNotReady.as_str());
        missed && status.active == 1
    });
    await_failures(client, now(), 3);
    let gaps = [second, first].map(|killed| Duration::from_nanos(now() - killed));
    let status = fault.stop();
    let receipt = receipt(&status, client);
    let told = Duration::from(receipt.interrupted);
    assert!(told > gaps[0] / 2 && told < gaps[1], "{told:?} of {gaps:?}");
    let counted = self::receipt(&before, client).counters.refused;
    assert!(receipt.counters.refused > counted, "what was counted stays");
    untouched.assert();
}

/// What a pod's agent has told.
fn receipt<'a>(status: &'a NetworkFaultStatus, pod: &Pod) -> &'a PodReceipt {
    let mut receipts = status.receipts.iter();
    let own = receipts.find(|one| one.pod == pod.name());
    own.expect("each pod has one")
}

/// Waits until so many requests of a client have failed since then.
fn await_failures(client: &Pod, since: u64, count: usize) {
    client.await_lines("main", "failures again", SOON, |lines| {
        let failures = lines.from(since).failures();
        (failures.len() >= count).then_some(())
    });
}

fn an_agent_that_stands_still_lets_traffic_flow_after_its_lease() {
    let (scene, untouched) = Scene::set();
    let fault = scene.inject("30s");
    let client = &scene.clients[0];
    let stopped = now();
    let frozen = agent_of(&client.node()).freeze();
    let lines = client.await_lines("main", "answers", SOON, |lines| {
        let lines = lines.from(stopped);
        (lines.answers() >= 5).then_some(lines)
    });
    let after = Duration::from_nanos(first_answer(&lines) - stopped);
    assert!(
        after + MARGIN * 2 > LEASE,
        "before its lease was over: {after:?}"
    );
    assert!(after < LEASE + MARGIN, "{after:?}");
    drop(frozen);
    let resumed = now();
    client.await_lines("main", "failures again", SOON, |lines| {
        let failures = lines.from(resumed).failures();
        failures
            .iter()
            .any(|(_, how)| *how == Failure::Refused)
            .then_some(())
    });
    let status = fault.stop();
    let interrupted = receipt(&status, client).interrupted;
    assert!(!interrupted.is_zero(), "the gap is told: {status:#?}");
    untouched.assert();
}

fn first_answer(lines: &Lines) -> u64 {
    let polls = lines.polls();
    let answer = polls.iter().find(|(_, answer)| answer.is_ok());
    answer.expect("there are some").0
}

fn sleep_until(at: u64) {
    sleep(Duration::from_nanos(at.saturating_sub(now())));
}
