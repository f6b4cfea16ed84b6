//! What the other promises stand on: witnesses that tell the truth, and a guard that sees changes.

use std::time::Duration;

use chaos_tests::bed::Capture;
use chaos_tests::cluster::{Lines, Town, Untouched, Workload, soon};
use chaos_tests::promises;
use chaos_witness::{Failure, Said, now};

promises! { [Cluster]
    witnesses_see_each_other,
    a_change_in_a_pod_s_network_is_seen
}

const COLLECT: &str = "nats-collect --server nats:4222";
const PUBLISH: &str = "nats-publish --server nats:4222 --subject numbers";
const STORE: &str = "nats-publish --server nats:4222 --stream S --subject s";
const SOON: Duration = Duration::from_secs(20);

fn witnesses_see_each_other() {
    let town = Town::closed("bed");
    town.start([Workload::nats("nats"), Workload::web("web").replicas(2)]);
    town.start([Workload::witness("collector", COLLECT)]);
    town.start([Workload::new("client")
        .with_witness("new", "http-poll --server web:80")
        .with_witness("kept", "http-poll --server web:80 --keep-alive 2")
        .with_witness("held", "tcp-hold --server web:80 --count 3")
        .with_witness("names", "resolve web")
        .with_witness("publish", PUBLISH)
        .with_witness("stored", STORE)]);
    let client = town.pod("client");
    let answered = |lines: &Lines| (lines.answers() >= 20).then_some(lines.clone());
    let new = client.await_lines("new", "answers", SOON, answered);
    assert_eq!(new.failures(), [], "requests");
    let kept = client.await_lines("kept", "answers", SOON, answered);
    assert_eq!(kept.open().len(), 2, "connections that are kept");
    assert_eq!(client.lines_of("held").open().len(), 3, "idle connections");
    client.await_lines("names", "an address", SOON, |lines| {
        let found = lines.pick(|said| match said {
            Said::Resolved { answer, .. } => Some(answer.is_ok()),
            _ => None,
        });
        found.last().filter(|(_, found)| *found).map(|_| ())
    });
    town.pod("collector")
        .await_lines("main", "all numbers", SOON, |lines| {
            let (received, missing, repeated) = lines.collected("numbers");
            (received > 100 && (missing, repeated) == (0, 0)).then_some(())
        });
    client.await_lines("stored", "acknowledgements", SOON, |lines| {
        let numbers = lines.pick(|said| match said {
            Said::Acknowledged { number, .. } => Some(*number),
            _ => None,
        });
        (numbers.len() > 20).then_some(())
    });

    // A server that goes is seen by those who hold connections to it, on the clock of this test.
    let start = now();
    town.kubectl("scale deployment web --replicas=0");
    let ended = client.await_lines("held", "their end", SOON, |lines| {
        (lines.ends().len() == 3).then(|| lines.ends())
    });
    for (at, (_, how)) in ended {
        assert!((start..now()).contains(&at), "on another clock: {at}");
        assert_eq!(how, Failure::Closed);
    }
    let refused = |lines: &Lines| lines.from(start).failures().pop();
    client.await_lines("new", "failures", SOON, refused);
}

fn a_change_in_a_pod_s_network_is_seen() {
    let town = Town::closed("bed");
    town.start([Workload::web("web")]);
    let pod = town.pod("web");
    let network = pod.network();
    let capture = Capture::start(&network);
    // The kubelet's probes are traffic enough.
    soon("probes are captured", SOON, || {
        (capture.count(|packet| packet.opening && packet.to.port() == 8080) > 0).then_some(())
    });
    drop(capture);

    let untouched = Untouched::watch([pod]);
    untouched.assert();
    network.ip(&["address", "add", "198.51.100.1/32", "dev", "lo"]);
    assert_eq!(untouched.changes().len(), 1);
    network.ip(&["address", "del", "198.51.100.1/32", "dev", "lo"]);
    untouched.assert();
}
