//! One call for every replica at once; who does not answer is named.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use chaos_api::PodState;
use chaos_tests::cluster::{Fault, Pod, Town, Untouched, Workload, agent_of};
use chaos_tests::promises;
use chaos_witness::now;

promises! {
    [Cluster] one_call_reaches_every_replica;
    [ClusterAlone]
    a_node_whose_agent_stands_still_is_named_and_the_others_are_under_the_fault
}

const SOON: Duration = Duration::from_secs(20);

/// Three clients on three nodes, and the Service that they ask.
fn scene(label: &str) -> (Town, Vec<Pod>) {
    let town = Town::open(label);
    town.start([Workload::web("web")]);
    let client = Workload::witness("client", "http-poll --server web:80");
    town.start([client.replicas(3)]);
    let clients = town.pods("client");
    let nodes: BTreeSet<_> = clients
        .iter()
        .map(|pod| pod.node().name().to_owned())
        .collect();
    assert_eq!(nodes.len(), 3, "each on a node of its own");
    (town, clients)
}

fn one_call_reaches_every_replica() {
    let (town, clients) = scene("every");
    let untouched = Untouched::watch(clients.clone());
    let fault = town.inject("reset deploy/client --to svc/web --for 30s");
    for client in &clients {
        await_failures(client, fault.in_force, 5);
        let meanwhile = client.lines().begun_from(fault.in_force);
        assert_eq!(meanwhile.answers(), 0, "{}", client.name());
    }
    let armed = fault.status();
    assert_eq!(
        (armed.active, armed.chosen, armed.pods.as_str()),
        (3, 3, "3/3")
    );
    let told = armed.receipts.iter();
    let told: HashSet<_> = told
        .map(|one| (one.pod.as_str(), one.node.as_str(), one.state))
        .collect();
    let nodes: Vec<_> = clients.iter().map(|pod| (pod.name(), pod.node())).collect();
    let wanted = nodes
        .iter()
        .map(|(pod, node)| (*pod, node.name(), PodState::Armed));
    assert_eq!(told, wanted.collect(), "what each node acknowledged");
    let status = fault.stop();
    assert!(
        status.receipts.iter().all(|one| one.counters.refused >= 5),
        "{status:#?}"
    );
    untouched.assert();
}

fn a_node_whose_agent_stands_still_is_named_and_the_others_are_under_the_fault() {
    let (town, clients) = scene("partly");
    let silent = &clients[1];
    let frozen = agent_of(&silent.node()).freeze();
    let asked = now();
    let words = "inject reset deploy/client --to svc/web --for 60s --name partly --timeout 3s";
    let outcome = town.netfault(words);
    outcome.expect_code(3);
    for client in &clients {
        let named = outcome
            .stderr
            .contains(&format!("not in force: pod/{} on", client.name()));
        assert_eq!(named, client.name() == silent.name(), "{}", outcome.stderr);
    }
    let fault = Fault::named(&town, "partly", asked);
    assert_eq!(fault.status().pods, "2/3");
    for client in &clients {
        let lines = client.lines().begun_from(fault.in_force);
        assert!(client.name() == silent.name() || lines.answers() == 0);
    }
    assert!(
        silent.lines().from(asked).failures().is_empty(),
        "nothing happened there"
    );

    drop(frozen);
    fault.await_status("it is in force there too", SOON, |status| {
        status.active == 3
    });
    await_failures(silent, fault.in_force, 5);
    fault.stop();
}

fn await_failures(client: &Pod, since: u64, count: usize) {
    client.await_lines("main", "failures", SOON, |lines| {
        (lines.from(since).failures().len() >= count).then_some(())
    });
}
