//! `reset 50%` draws once for each connection: half of 400 are reset, at both ends, and the
//! others stay whole.

use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::time::Duration;

use chaos_tests::bed::tcp::{Connection, Listener, Wire};
use chaos_tests::bed::{Netfault, Pair, Unchanged, eventually};
use chaos_tests::promises;

promises! { [Netfault] over_ipv4, over_ipv6 }

const CONNECTIONS: usize = 400;
/// 3.4 standard deviations of a fair coin's share: outside with probability 7e-4.
const BAND: std::ops::RangeInclusive<f64> = 0.415..=0.585;
const SOON: Duration = Duration::from_secs(5);

fn over_ipv4() {
    half_are_reset(Wire::V4);
}

fn over_ipv6() {
    half_are_reset(Wire::V6);
}

fn half_are_reset(wire: Wire) {
    let pair = Pair::new();
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let netfault = Netfault::new();
    let listener = Listener::on(&pair.server, wire, 0);
    let all = listener.accept_many(&pair.client, CONNECTIONS);
    let fault = netfault.inject(&pair.client, "reset 50% --for 60s");
    let drawn = usize::try_from(fault.counters().idle_reset).expect("at most 400");
    let (cut, spared) = sort(all, drawn);
    #[expect(clippy::cast_precision_loss, reason = "at most 400")]
    let share = cut as f64 / CONNECTIONS as f64;
    assert!(BAND.contains(&share), "{cut} of {CONNECTIONS} were reset");
    for connection in &spared {
        connection.assert_alive();
    }
    let receipt = fault.stop();
    assert_eq!(
        receipt.connections_reset, cut as u64,
        "spared ones stay spared in use"
    );
    let passed = spared.len() as u64 * 2;
    let undrawn: u64 = receipt.rules.iter().map(|rule| rule.counters.undrawn).sum();
    assert!(
        undrawn >= passed,
        "{undrawn} packets not drawn, {passed} bytes were passed"
    );
    unchanged.assert();
}

/// Waits until as many connections as were drawn are reset at both ends, and gives their number
/// and the others. A connection that is reset at one end only is a panic.
fn sort(all: Vec<Connection>, drawn: usize) -> (usize, Vec<Connection>) {
    let ends: Vec<_> = all.iter().map(Connection::ends).collect();
    let mut cut = vec![[false; 2]; ends.len()];
    eventually("both ends of every drawn connection see it", SOON, || {
        for (known, ends) in cut.iter_mut().zip(&ends) {
            let now = ends.map(was_reset);
            *known = [known[0] || now[0], known[1] || now[1]];
        }
        let of = |end: usize| cut.iter().filter(|cut| cut[end]).count();
        (of(0) >= drawn && of(1) >= drawn).then_some(())
    });
    assert!(
        cut.iter().all(|[client, server]| client == server),
        "reset at one end only"
    );
    let number = cut.iter().filter(|cut| cut[0]).count();
    assert_eq!(number, drawn, "the receipt counts what the ends saw");
    let spared = all
        .into_iter()
        .zip(cut)
        .filter(|(_, cut)| !cut[0])
        .map(|(all, _)| all);
    (number, spared.collect())
}

/// Looks without waiting; the error is told once.
fn was_reset(mut end: &TcpStream) -> bool {
    end.set_nonblocking(true)
        .expect("a socket can be non-blocking");
    let error = end.read(&mut [0]).map_err(|error| error.kind());
    end.set_nonblocking(false)
        .expect("a socket can be blocking");
    error == Err(ErrorKind::ConnectionReset)
}
