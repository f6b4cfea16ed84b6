//! A blackhole on the way to NATS: no error for a while, detection by the client's own pings, and
//! nothing that `JetStream` acknowledged is lost.

use std::collections::BTreeMap;
use std::time::Duration;

use chaos_tests::cluster::{Lines, Town, Untouched, Workload};
use chaos_tests::promises;
use chaos_witness::{Said, now};

promises! { [Cluster] nothing_that_was_acknowledged_is_lost }

const SOON: Duration = Duration::from_secs(20);
const PINGS: Duration = Duration::from_secs(1);
/// How many pings async-nats leaves unanswered: at the next one it gives the connection up.
const ALLOWED: u32 = 2;
const MARGIN: Duration = Duration::from_millis(700);

fn nothing_that_was_acknowledged_is_lost() {
    let town = Town::open("silence");
    town.start([Workload::nats("nats")]);
    town.start([Workload::witness(
        "collector",
        "nats-collect --server nats:4222",
    )]);
    let publish = "nats-publish --server nats:4222 --ping 1000";
    town.start([
        Workload::new("app")
            .with_witness("plain", &format!("{publish} --subject plain"))
            .with_witness(
                "stored",
                &format!("{publish} --subject orders --stream ORDERS"),
            ),
        Workload::witness("other", &format!("{publish} --subject others")),
    ]);
    let (app, other, collector) = (town.pod("app"), town.pod("other"), town.pod("collector"));
    app.await_lines("stored", "acknowledgements", SOON, |lines| {
        (acknowledged(lines).len() >= 20).then_some(())
    });
    let untouched = Untouched::watch([app.clone(), other.clone(), town.pod("nats")]);

    let fault = town.inject("blackhole deploy/app --to svc/nats:4222 --for 40s");
    let detected = app.await_lines("plain", "it is told", SOON, |lines| {
        lines.from(fault.asked).disconnects().first().copied()
    });
    let took = Duration::from_nanos(detected.saturating_sub(fault.in_force));
    println!("blackhole detected after {took:?}, pings every {PINGS:?}");
    assert!(took + MARGIN >= PINGS * ALLOWED, "by an error: {took:?}");
    assert!(took <= PINGS * (ALLOWED + 1) + MARGIN, "late: {took:?}");
    assert_eq!(
        app.lines_of("plain").published().1,
        0,
        "publishes gave an error"
    );
    let through = acknowledged(&app.lines_of("stored").between(fault.in_force, now()));
    assert!(
        through.len() <= 1,
        "{} acknowledgements came through",
        through.len()
    );

    let healed = now();
    let status = fault.stop();
    assert_eq!(
        status.totals.connections_reset, 0,
        "a blackhole resets nothing"
    );
    app.await_lines("stored", "acknowledgements again", SOON, |lines| {
        (acknowledged(&lines.from(healed)).len() >= 20).then_some(())
    });
    let promised = acknowledged(&app.lines_of("stored"));
    town.start([Workload::witness(
        "reader",
        "nats-stored --server nats:4222 --stream ORDERS",
    )]);
    let stored = town
        .pod("reader")
        .await_lines("main", "the list", SOON, |lines| {
            let is_whole = lines.0.iter().any(|line| line.said == Said::Listed);
            is_whole.then(|| stored(lines))
        });
    for (sequence, number) in promised {
        assert_eq!(
            stored.get(&sequence),
            Some(&number),
            "acknowledged, so stored"
        );
    }
    assert_eq!(other.lines().disconnects(), [0_u64; 0]);
    assert_eq!(
        collector.lines().collected("others").1,
        0,
        "the bystander's numbers"
    );
    untouched.assert();
}

/// What was acknowledged: where, and the number.
fn acknowledged(lines: &Lines) -> BTreeMap<u64, u64> {
    let picked = lines.pick(|said| match said {
        Said::Acknowledged { number, sequence } => Some((*sequence, *number)),
        _ => None,
    });
    picked.into_iter().map(|(_, pair)| pair).collect()
}

/// What the stream holds: where, and the number.
fn stored(lines: &Lines) -> BTreeMap<u64, u64> {
    let picked = lines.pick(|said| match said {
        Said::Stored { number, sequence } => Some((*sequence, *number)),
        _ => None,
    });
    picked.into_iter().map(|(_, pair)| pair).collect()
}
