//! Four look-alikes that ask each other on new connections, each with a limit of 300 ms: what one of
//! them hears late, and when it waits twice.

use std::time::Duration;

use chaos_tests::cluster::{Lines, Pod, Town, Untouched, Workload};
use chaos_tests::promises;
use chaos_witness::{Failure, now};

promises! { [Cluster] hears_late_in_its_row_alone_and_twice_on_a_new_connection in 180 }

const SOON: Duration = Duration::from_secs(30);
const NAMES: [&str; 4] = ["a", "b", "c", "d"];
/// How often each asks each other before it is judged.
const CALLS: usize = 8;
/// How much later than what was said the quickest answer may be, in milliseconds.
const NOISE: u128 = 15;

fn hears_late_in_its_row_alone_and_twice_on_a_new_connection() {
    let town = Town::open("goldpinger");
    town.start(NAMES.map(look_alike));
    let pods = NAMES.map(|name| town.pod(name));
    let untouched = Untouched::watch(pods.clone());
    for (pod, other) in squares(&pods) {
        pod.await_answers(other);
    }
    let baseline = matrix(&pods, now());

    let others = "--to svc/b --to svc/c --to svc/d";
    let words = "delay 250ms apply payload deploy/a --direction ingress";
    let fault = town.inject(&format!("{words} {others} --for 5m"));
    for (before, square) in baseline.iter().zip(matrix(&pods, fault.in_force)) {
        let by = if square.row == "a" { 250 } else { 0 };
        let late = square.quickest().saturating_sub(before.quickest());
        // Its way may have been quicker than the quickest before.
        assert!(square.quickest() >= by, "{square:?}");
        assert!(late <= by + NOISE, "{late} ms: {square:?}");
        assert!(square.is_healthy(), "{square:?}");
    }
    fault.edit("delay 350ms apply payload");
    for square in matrix(&pods, now()) {
        assert_eq!(square.is_healthy(), square.row != "a", "{square:?}");
    }
    // The answer to the SYN is late now too.
    fault.edit("delay 250ms");
    let since = now();
    for (container, range) in [("fresh", 500..=555), ("kept", 250..=265)] {
        let square = Square::look(&pods[0], container, since);
        assert!(range.contains(&square.quickest()), "{square:?}");
    }
    let counters = fault.stop().totals.counters;
    assert!(counters.delayed >= 6 * CALLS as u64, "{counters:?}");
    untouched.assert();
}

/// A server that asks the others; `a` asks `b` with patience as well.
fn look_alike(name: &str) -> Workload {
    let poll = |to: &str| format!("http-poll --server {to}:80 --pace 250 --timeout");
    let others = NAMES.iter().filter(|to| **to != name);
    let asking = others.fold(Workload::web(name), |web, to| {
        web.with_witness(to, &format!("{} 300", poll(to)))
    });
    if name != "a" {
        return asking;
    }
    let patient = format!("{} 3000", poll("b"));
    asking
        .with_witness("fresh", &patient)
        .with_witness("kept", &format!("{patient} --keep-alive 1"))
}

/// Each pod with the name of each other.
fn squares(pods: &[Pod]) -> impl Iterator<Item = (&Pod, &'static str)> {
    let row = |(pod, own)| {
        let others = NAMES.into_iter().filter(move |name| *name != own);
        others.map(move |name| (pod, name))
    };
    pods.iter().zip(NAMES).flat_map(row)
}

/// What each sees of each other from a time on.
#[track_caller]
fn matrix(pods: &[Pod], since: u64) -> Vec<Square> {
    let look = |(pod, other)| Square::look(pod, other, since);
    squares(pods).map(look).collect()
}

/// What one of them sees of another.
#[derive(Debug)]
struct Square {
    row: String,
    calls: Lines,
}

impl Square {
    #[track_caller]
    fn look(pod: &Pod, container: &str, since: u64) -> Self {
        let calls = pod.await_lines(container, "calls", SOON, |lines| {
            let calls = lines.begun_from(since);
            (calls.polls().len() >= CALLS).then_some(calls)
        });
        let row = pod.app().to_owned();
        Self { row, calls }
    }

    /// In milliseconds; a busy machine makes others later.
    fn quickest(&self) -> u128 {
        let least = self.calls.took().into_iter().min();
        let least = least.unwrap_or_else(|| panic!("no answer: {self:?}"));
        least.as_millis()
    }

    /// Whether most calls are answered in time, as a prober says of a peer; what fails is late.
    fn is_healthy(&self) -> bool {
        let failures = self.calls.failures();
        let late = failures.iter().all(|(_, how)| *how == Failure::TimedOut);
        assert!(late, "{self:?}");
        2 * failures.len() < self.calls.polls().len()
    }
}
