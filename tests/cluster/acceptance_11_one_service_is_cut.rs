//! All of one Service is out of reach, nothing of another; each attempt is counted.

use std::time::Duration;

use chaos_tests::cluster::{Lines, Town, Untouched, Workload};
use chaos_tests::promises;
use chaos_witness::{Failure, now};

promises! { [Cluster] each_attempt_fails_and_is_counted_and_other_services_are_untouched }

const SOON: Duration = Duration::from_secs(30);
const REQUESTS: usize = 20;

fn each_attempt_fails_and_is_counted_and_other_services_are_untouched() {
    let town = Town::open("cut");
    town.start(["one", "two"].map(|name| Workload::web(name).replicas(2)));
    town.start([Workload::new("client")
        .with_witness("one", "http-poll --server one:80")
        .with_witness("two", "http-poll --server two:80")]);
    let client = town.pod("client");
    let answered = ["one", "two"].map(|name| client.await_answers(name));
    let untouched = Untouched::watch([client.clone()]);
    let after = |lines: &Lines, since: u64| {
        let lines = lines.begun_from(since);
        (lines.polls().len() >= REQUESTS).then_some(lines)
    };

    let fault = town.inject("reset deploy/client --to svc/one --for 60s");
    let during = client.await_lines("one", "requests during", SOON, |lines| {
        after(lines, fault.in_force)
    });
    assert_eq!(during.answers(), 0, "answers during");
    let status = fault.stop();
    let healed = now();
    let healthy = client.await_lines("one", "requests after", SOON, |lines| after(lines, healed));
    assert_eq!(healthy.failures(), [], "failures after");

    let all = client.lines_of("one").from(answered[0]).failures();
    assert!(
        all.iter().all(|(_, how)| *how == Failure::Refused),
        "{all:?}"
    );
    let counters = status.totals.counters;
    assert_eq!(counters.refused, all.len() as u64, "{counters:?}");
    let other = client.lines_of("two").from(answered[1]);
    assert_eq!(other.failures(), [], "of another Service");
    untouched.assert();
}
