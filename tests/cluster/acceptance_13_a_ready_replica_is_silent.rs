//! One of two replicas takes no traffic and stays Ready, since its probes are spared: half of the
//! requests go to it still. With its probes included it leaves the Service.

use std::time::Duration;

use chaos_tests::cluster::{Pod, Town, Untouched, Workload, soon};
use chaos_tests::promises;
use chaos_witness::{Failure, now};

promises! { [Cluster]
    half_of_the_requests_go_to_it_while_its_probes_pass,
    it_leaves_the_service_when_its_probes_are_included
}

const SOON: Duration = Duration::from_secs(30);
const POLL: &str = "http-poll --server web:80 --pace 50 --timeout 250";
/// The share is judged by so many requests, each to a replica drawn by kube-proxy.
const REQUESTS: usize = 60;
/// Outside with probability 1.2e-4 (binomial, 60 draws at 0.5).
const LIKELY: std::ops::RangeInclusive<usize> = 15..=45;

fn scene(label: &str) -> (Town, Pod) {
    let town = Town::open(label);
    town.start([Workload::web("web").replicas(2)]);
    town.start([Workload::witness("client", POLL)]);
    let client = town.pod("client");
    (town, client)
}

fn half_of_the_requests_go_to_it_while_its_probes_pass() {
    let (town, client) = scene("spared");
    let untouched = Untouched::watch(town.pods("web"));
    let fault = town.inject("blackhole deploy/web --mode one --for 60s");
    let lines = client.await_lines("main", "requests", SOON, |lines| {
        let lines = lines.from(fault.in_force);
        (lines.polls().len() >= REQUESTS).then_some(lines)
    });
    let polls = lines.polls();
    let first = polls[..REQUESTS]
        .iter()
        .filter_map(|(_, answer)| answer.clone().err());
    let failed: Vec<_> = first.collect();
    assert!(
        failed.iter().all(|how| *how == Failure::TimedOut),
        "{failed:?}"
    );
    assert!(
        LIKELY.contains(&failed.len()),
        "{} of {REQUESTS} failed",
        failed.len()
    );
    println!("{} of {REQUESTS} requests failed", failed.len());
    assert!(town.pods("web").iter().all(Pod::is_ready), "both are Ready");
    let status = fault.stop();
    assert!(
        status.totals.counters.spared > 0,
        "probes were spared: {status:#?}"
    );
    untouched.assert();
}

fn it_leaves_the_service_when_its_probes_are_included() {
    let (town, client) = scene("included");
    let fault = town.inject("blackhole deploy/web --mode one --probes include --for 60s");
    let ready = || town.pods("web").iter().filter(|pod| pod.is_ready()).count();
    soon("one is not Ready", SOON, || (ready() == 1).then_some(()));
    let since = now();
    let healthy = client.await_lines("main", "answers only", SOON, |lines| {
        // kube-proxy needs its time, and a request that had begun too.
        let lines = lines.from(since);
        let last = lines.failures().last().map_or(since, |(at, _)| *at);
        let lines = lines.from(last + 1);
        (lines.answers() >= REQUESTS).then_some(lines)
    });
    assert_eq!(healthy.failures(), []);
    assert_eq!(ready(), 1, "as long as it lasts");
    let status = fault.stop();
    assert_eq!(status.totals.counters.spared, 0);
    town.await_ready("web", 2);
    for pod in town.pods("web") {
        assert_eq!(pod.restarts(), 0);
    }
}
