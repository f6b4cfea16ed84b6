//! Half of the connections to a Service are reset and half are 15 s late; taken away one by one.

use std::time::Duration;

use chaos_tests::cluster::{Lines, Pod, Town, Untouched, Workload};
use chaos_tests::promises;
use chaos_witness::{Failure, now};

promises! { [Cluster] compose_and_go_one_by_one in 120 }

const SOON: Duration = Duration::from_secs(40);
const LATE: Duration = Duration::from_secs(15);
/// How exact 15 s are.
const BOUND: Duration = Duration::from_millis(200);
/// Among so many are all kinds: one in four is late, so that none is once in 5,000 times.
const REQUESTS: usize = 30;

fn compose_and_go_one_by_one() {
    let town = Town::open("both");
    town.start([Workload::web("web"), client()]);
    let (client, web) = (town.pod("client"), town.pod("web"));
    for container in ["limited", "patient"] {
        client.await_answers(container);
    }
    let untouched = Untouched::watch([client.clone(), web]);
    let at = "deploy/client --to svc/web --seed 7 --for 5m";
    let reset = town.inject(&format!("reset 50% {at}"));
    let delay = town.inject(&format!("delay 15s apply payload probability 50% {at}"));
    late_by_15_s(&client, delay.in_force);

    delay.stop();
    let second = requests(&client, "patient", now(), |_| true);
    assert!(second.took().iter().all(|took| *took < LATE / 2));
    assert!(!second.failed_after(&Failure::Refused).is_empty());
    reset.stop();
    let third = requests(&client, "patient", now(), |_| true);
    assert_eq!(third.failures(), []);
    untouched.assert();
}

/// One client gives up after 15 s, another waits for longer.
fn client() -> Workload {
    let poll = "http-poll --server web:80 --lanes 16 --pace 500 --timeout";
    Workload::new("client")
        .with_witness("limited", &format!("{poll} 15000"))
        .with_witness("patient", &format!("{poll} 20000"))
}

/// Some are refused at once, some answered at once, and some 15 s late.
fn late_by_15_s(client: &Pod, since: u64) {
    let gave_up = |lines: &Lines| !lines.failed_after(&Failure::TimedOut).is_empty();
    let limited = requests(client, "limited", since, gave_up);
    are_exact(&limited.failed_after(&Failure::TimedOut));

    let is_late = |took: &Duration| *took > LATE / 2;
    let came = |lines: &Lines| lines.took().iter().any(is_late);
    let patient = requests(client, "patient", since, came);
    let (late, prompt): (Vec<_>, Vec<_>) = patient.took().into_iter().partition(is_late);
    are_exact(&late);
    assert!(!prompt.is_empty(), "all are late");
    let refused = patient.failed_after(&Failure::Refused);
    assert_eq!(refused.len(), patient.failures().len(), "{patient:?}");
    assert!(!refused.is_empty(), "none is refused");
}

/// None too early, and the quickest on time: a busy machine makes others later.
#[track_caller]
fn are_exact(late: &[Duration]) {
    let least = late.iter().min().expect("some are late");
    assert!((LATE..=LATE + BOUND).contains(least), "{least:?}");
}

/// So many requests of a container that began at a time or later, and are as it takes.
#[track_caller]
fn requests(
    client: &Pod,
    container: &str,
    since: u64,
    condition: impl Fn(&Lines) -> bool,
) -> Lines {
    client.await_lines(container, "requests", SOON, |lines| {
        let lines = lines.begun_from(since);
        (lines.polls().len() >= REQUESTS && condition(&lines)).then_some(lines)
    })
}
