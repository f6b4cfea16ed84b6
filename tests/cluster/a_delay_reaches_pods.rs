//! netem's faults on pods: what is asked for is late by what was said, and is edited in force.

use chaos_tests::cluster::{Town, Untouched, Workload};
use chaos_tests::promises;
use chaos_witness::now;

promises! { [Cluster] and_is_edited_in_force_and_leaves_other_peers_alone }

const REQUESTS: usize = 20;

/// How much later than what was said a request on a busy machine may be, in milliseconds.
const NOISE: u128 = 50;

fn and_is_edited_in_force_and_leaves_other_peers_alone() {
    let town = Town::open("late");
    town.start(["one", "two"].map(Workload::web));
    let poll =
        |server: &str| format!("http-poll --server {server}:80 --keep-alive 1 --timeout 3000");
    town.start([Workload::new("client")
        .with_witness("one", &poll("one"))
        .with_witness("two", &poll("two"))]);
    let client = town.pod("client");
    let answered = ["one", "two"].map(|name| (name, client.await_answers(name)));
    let untouched = Untouched::watch([client.clone()]);
    let quickest = |server, since| client.quickest(server, since, REQUESTS).as_millis();

    let words = "delay 250ms apply payload deploy/client --to svc/one --for 60s";
    let fault = town.inject(words);
    let late = |by: u128| {
        let took = quickest("one", now());
        assert!((by..by + NOISE).contains(&took), "{took} ms, not {by}");
    };
    late(250);
    fault.edit("delay 100ms apply payload");
    late(100);
    let other = quickest("two", fault.in_force);
    assert!(other < NOISE, "{other} ms to the other Service");
    let counters = fault.stop().totals.counters;
    assert!(counters.delayed >= 2 * REQUESTS as u64, "{counters:?}");
    let after = quickest("one", now());
    assert!(after < NOISE, "{after} ms afterwards");
    for (server, since) in answered {
        let lines = client.lines_of(server).from(since);
        assert_eq!(lines.failures(), [], "of {server}");
    }
    untouched.assert();
}
