//! Five consumers of five providers, by the name of a Service on another port than theirs: late and
//! failing for a while.

use std::time::Duration;

use chaos_api::RuleCounters;
use chaos_tests::cluster::{Lines, Pod, Town, Untouched, Workload, soon};
use chaos_tests::promises;
use chaos_witness::{Failure, now};

promises! { [Cluster] is_late_by_100_ms_and_fails_one_time_in_ten in 120 }

const SOON: Duration = Duration::from_secs(40);
const REPLICAS: usize = 5;
/// The share is judged by so many requests of each consumer, 600 of all.
const DRAWS: usize = 120;
/// Outside with probability 1.5e-4 (binomial, 600 draws at 0.1).
const LIKELY: std::ops::RangeInclusive<usize> = 35..=90;
/// 20 requests a second.
const POLL: &str = "http-poll --server provider:3001 --lanes 4 --pace 200 --timeout 3000";

fn is_late_by_100_ms_and_fails_one_time_in_ten() {
    let town = Town::open("consumers");
    let provider = Workload::witness("provider", "http-serve --port 3000");
    let provider = provider.listening(3001, 3000).replicas(REPLICAS);
    let consumer = Workload::witness("consumer", POLL).replicas(REPLICAS);
    town.start([provider, consumer]);
    let consumers = town.pods("consumer");
    for consumer in &consumers {
        consumer.await_answers("main");
    }
    town.start([Workload::witness("fragile", &format!("{POLL} --fragile"))]);
    let all = consumers.iter().cloned().chain(town.pods("provider"));
    let untouched = Untouched::watch(all);
    let (base, failed) = draws(&consumers, now());
    assert_eq!(failed, 0, "without a fault");

    let words = "delay 100ms apply payload reset 10% deploy/consumer --to svc/provider:3001";
    // By their ordinals, the connections of all replicas would be drawn alike.
    let fault = town.inject(&format!("{words} --draw flow --for 5m"));
    let (late, failed) = draws(&consumers, fault.in_force);
    let more = late.saturating_sub(base).as_millis();
    assert!((90..=110).contains(&more), "{base:?} became {late:?}");
    assert!(LIKELY.contains(&failed), "{failed} failures");
    println!("{failed} of {} requests failed", REPLICAS * DRAWS);
    let counters = fault.stop().totals.counters;
    let RuleCounters {
        delayed, refused, ..
    } = counters;
    assert!(delayed > 0 && refused >= failed as u64, "{counters:?}");
    let (after, failed) = draws(&consumers, now());
    assert_eq!(failed, 0, "afterwards");
    assert!(after < base + Duration::from_millis(10), "{after:?}");
    untouched.assert();
    one_that_expects_no_failure_crashes(&town);
}

/// What a quarter of those that are answered take at most, since a busy machine makes others later, and
/// how many are refused.
#[track_caller]
fn draws(consumers: &[Pod], since: u64) -> (Duration, usize) {
    let (mut took, mut failed) = (Vec::new(), 0);
    for consumer in consumers {
        let lines = consumer.await_lines("main", "requests", SOON, |lines| first(lines, since));
        let refused = lines.failed_after(&Failure::Refused).len();
        assert_eq!(refused, lines.failures().len(), "{lines:?}");
        failed += refused;
        took.extend(lines.took());
    }
    took.sort_unstable();
    (took[took.len() / 4], failed)
}

/// The first requests that began at a time or later, once all of them are over: one takes less time
/// than a lane's next two.
fn first(lines: &Lines, since: u64) -> Option<Lines> {
    let begun = lines.begun_from(since).0;
    (begun.len() >= DRAWS + 8).then(|| Lines(begun[..DRAWS].to_vec()))
}

/// What a test in production would find: its container ends, and the kubelet starts it again.
fn one_that_expects_no_failure_crashes(town: &Town) {
    let fault = town.inject("reset 10% deploy/fragile --to svc/provider:3001 --for 5m");
    let restarts = soon("it crashes", SOON, || {
        let restarts = town.pod("fragile").restarts();
        (restarts > 0).then_some(restarts)
    });
    println!("a consumer that ends on a failed request was started again {restarts} times");
    fault.stop();
}
