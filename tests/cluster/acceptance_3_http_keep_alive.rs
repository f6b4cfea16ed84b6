//! Two pools of five kept HTTP connections, one with requests in flight and one idle, reset through
//! the Service that they lead to.

use std::time::Duration;

use chaos_api::ConditionType;
use chaos_tests::bed::tcp::count_of_sockets;
use chaos_tests::cluster::{Fault, Lines, Pod, Town, Untouched, Workload, nanoseconds};
use chaos_tests::promises;
use chaos_witness::{Failure, now};

promises! { [Cluster] both_pools_are_reset_at_both_ends }

const POOL: usize = 5;
const AT_ONCE: Duration = Duration::from_secs(1);
const SOON: Duration = Duration::from_secs(20);
/// Answers take longer than the test.
const IN_FLIGHT: &str = "http-poll --server web:80 --path /slow/600000 --timeout 700000";
/// Between two requests, connections are idle.
const IDLE: &str = "http-poll --server web:80 --pace 5000";
const NEW: &str = "http-poll --server web:80";

fn both_pools_are_reset_at_both_ends() {
    let town = Town::open("pools");
    town.start([Workload::web("web")]);
    town.start([Workload::new("client")
        .with_witness("busy", &format!("{IN_FLIGHT} --keep-alive {POOL}"))
        .with_witness("idle", &format!("{IDLE} --keep-alive {POOL}"))
        .with_witness("new", NEW)]);
    let (client, server) = (town.pod("client"), town.pod("web"));
    let pool = |container: &str| {
        client.await_lines(container, "a pool", SOON, |lines| {
            Some(lines.open()).filter(|open| open.len() == POOL)
        })
    };
    let pools = [pool("busy"), pool("idle")];
    let untouched = Untouched::watch([client.clone(), server.clone()]);

    let fault = town.inject("reset deploy/client --to svc/web:80 --for 30s");
    for (container, ports) in ["busy", "idle"].into_iter().zip(&pools) {
        were_reset_at_once(&fault, ports, &client, container);
        were_reset_at_once(&fault, ports, &server, "main");
    }
    let old = pools.concat();
    let server_network = server.network();
    for port in &old {
        assert_eq!(
            count_of_sockets(&server_network, *port),
            0,
            "left at the server"
        );
    }
    let refused = |lines: &Lines| (lines.failures().len() >= 5).then(|| lines.failures());
    let failures = client.await_lines("new", "failures", SOON, |lines| {
        refused(&lines.from(fault.in_force))
    });
    assert!(
        failures.iter().all(|(_, how)| *how == Failure::Refused),
        "{failures:?}"
    );
    let status = fault.stop();

    let healed = now();
    client.await_lines("new", "answers", SOON, |lines| {
        (lines.from(healed).answers() >= 5).then_some(())
    });
    let answered = client.await_lines("idle", "answers", SOON, |lines| {
        Some(lines.from(fault.asked).answered_on()).filter(|ports| ports.len() >= POOL)
    });
    assert!(
        answered.iter().all(|port| !old.contains(port)),
        "an old connection"
    );
    assert!(status.is(ConditionType::TrafficMatched), "{status:#?}");
    let counters = status.totals.counters;
    assert!(
        status.totals.connections_reset >= 2 * POOL as u64 + 5,
        "{status:#?}"
    );
    assert_eq!(
        status.totals.connections_reset,
        2 * POOL as u64 + counters.refused,
        "{counters:?}"
    );
    untouched.assert();
}

/// A container of a pod was told at once, whenever it came to say so.
fn were_reset_at_once(fault: &Fault<'_>, ports: &[u16], pod: &Pod, container: &str) {
    for port in ports {
        let what = format!("the end of {port}");
        let (at, how) = pod.await_lines(container, &what, SOON, |lines| {
            let ends = lines.from(fault.asked).ends().into_iter();
            let mut own = ends.filter(|(_, (ended, _))| ended == port);
            own.next().map(|(at, (_, how))| (at, how))
        });
        assert_eq!(how, Failure::Reset, "{port}");
        let late = at.saturating_sub(fault.in_force);
        assert!(
            late < nanoseconds(AT_ONCE),
            "{port} was told {late} ns too late"
        );
    }
}
