//! Half of the connections of one hop are reset; the caller is killed, and the fault still ends at its
//! deadline.

use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use chaos_tests::cluster::{Fault, Following, Town, Untouched, Workload, nanoseconds};
use chaos_tests::promises;
use chaos_witness::{Failure, now};

promises! { [Cluster] ends_at_its_deadline_though_its_caller_was_killed }

const SOON: Duration = Duration::from_secs(40);
/// The share is judged by so many connections.
const DRAWS: usize = 200;
/// Outside with probability 2.9e-4 (binomial, 200 draws at 0.5).
const LIKELY: std::ops::RangeInclusive<usize> = 75..=125;
const MARGIN: Duration = Duration::from_millis(500);

fn ends_at_its_deadline_though_its_caller_was_killed() {
    let town = Town::open("half");
    town.start([Workload::web("web")]);
    town.start([Workload::witness(
        "client",
        "http-poll --server web:80 --pace 40 --lanes 2",
    )]);
    let client = town.pod("client");
    let untouched = Untouched::watch([client.clone(), town.pod("web")]);

    let asked = now();
    let words = "run reset 50% deploy/client --to svc/web:80 --for 12s --name half";
    let words = format!("{words} -n {} -- sleep 100", town.name());
    let cluster = town.cluster();
    let mut caller: Command = cluster.netfault_command(&cluster.kubeconfig(), &words);
    let mut caller = Following::start(&mut caller);
    let fault = Fault::named(&town, "half", asked);
    fault.await_status("it is in force", SOON, |status| status.active == 1);
    let in_force = now();
    sleep(Duration::from_secs(1));
    caller.kill();

    let ends = fault.ends();
    fault.await_end(SOON);
    let lines = client.await_lines("main", "answers after it", SOON, |lines| {
        (lines.from(ends).answers() >= 20).then(|| lines.clone())
    });
    let polls = lines.between(in_force, ends).polls();
    assert!(polls.len() >= DRAWS, "only {} connections", polls.len());
    let draws = polls[..DRAWS].iter();
    let failed: Vec<_> = draws
        .filter_map(|(_, answer)| answer.clone().err())
        .collect();
    assert!(
        failed.iter().all(|how| *how == Failure::Refused),
        "{failed:?}"
    );
    assert!(
        LIKELY.contains(&failed.len()),
        "{} of {DRAWS} were refused",
        failed.len()
    );
    println!("{} of {DRAWS} connections were refused", failed.len());
    let late = lines.from(ends + nanoseconds(MARGIN)).failures();
    assert_eq!(late, [], "after its deadline");
    untouched.assert();
}
