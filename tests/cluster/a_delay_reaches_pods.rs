//! netem's faults on pods: what is asked for is late by what was said, and is edited in force.

use std::time::Duration;

use chaos_tests::cluster::{Lines, Pod, Town, Untouched, Workload};
use chaos_tests::promises;
use chaos_witness::now;

promises! { [Cluster] and_is_edited_in_force_and_leaves_other_peers_alone }

const SOON: Duration = Duration::from_secs(30);
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
    let before = median(&client, "one", 0);

    let words = "delay 250ms apply payload deploy/client --to svc/one --for 60s";
    let fault = town.inject(words);
    let late = |by: u128| {
        let late = median(&client, "one", now()) - before;
        assert!((by..by + NOISE).contains(&late), "{late} ms late, not {by}");
    };
    late(250);
    fault.edit("delay 100ms apply payload");
    late(100);
    let other = median(&client, "two", fault.in_force);
    assert!(other < before + NOISE, "{other} ms to the other Service");
    let counters = fault.stop().totals.counters;
    assert!(counters.delayed >= 2 * REQUESTS as u64, "{counters:?}");
    let after = median(&client, "one", now());
    assert!(after < before + NOISE, "{after} ms afterwards");
    for (server, since) in answered {
        let lines = client.lines_of(server).from(since);
        assert_eq!(lines.failures(), [], "of {server}");
    }
    untouched.assert();
}

/// The median of the times in milliseconds that requests took which began after a time.
#[track_caller]
fn median(client: &Pod, server: &str, since: u64) -> u128 {
    let enough = |lines: &Lines| {
        let mut took = lines.begun_from(since).took();
        took.sort_unstable();
        (took.len() >= REQUESTS).then(|| took[took.len() / 2].as_millis())
    };
    client.await_lines(server, "requests", SOON, enough)
}
