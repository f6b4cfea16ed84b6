//! A connection that carries data, in GSO bursts and small segments, is reset at both ends.

use std::io::{ErrorKind, Write};
use std::time::Duration;

use chaos_tests::bed::tcp::{Bulk, BulkEnd, Connection, Listener, Wire, read_error, tcp_info};
use chaos_tests::bed::{Host, Netfault, Pair, Unchanged, eventually};
use chaos_tests::promises;

promises! { [Netfault]
    with_its_writer_as_the_target,
    with_its_reader_as_the_target,
    whoever_completes_the_checksums,
    by_a_segment_that_its_receiver_has_already
}

const SOON: Duration = Duration::from_secs(2);

/// The lease, and some time.
const LEASE: Duration = Duration::from_secs(5);

/// A retransmission timeout that has doubled a few times.
const AGAIN: Duration = Duration::from_secs(5);

fn with_its_writer_as_the_target() {
    for wire in Wire::ALL {
        is_reset_at_both_ends(&Pair::new(), wire, |pair| &pair.client);
    }
}

fn with_its_reader_as_the_target() {
    for wire in Wire::ALL {
        is_reset_at_both_ends(&Pair::new(), wire, |pair| &pair.server);
    }
}

/// With offloads a packet meets the hook with a partial checksum, without them with a full one.
fn whoever_completes_the_checksums() {
    for (at_client, at_server) in [(true, false), (false, true), (false, false)] {
        for wire in [Wire::V4, Wire::V6] {
            let pair = Pair::new();
            pair.client.set_offload("tx", at_client);
            pair.server.set_offload("tx", at_server);
            is_reset_at_both_ends(&pair, wire, |pair| &pair.client);
            is_reset_at_both_ends(&pair, wire, |pair| &pair.server);
        }
    }
}

/// No acknowledgement comes back, so the client sends again what the server has. A RST as old as that is
/// passed over without a word (RFC 9293 §3.10.7.4), and the server has nothing to send.
fn by_a_segment_that_its_receiver_has_already() {
    is_reset_by_what_comes_again("egress", |pair| [&pair.client, &pair.server]);
    is_reset_by_what_comes_again("ingress", |pair| [&pair.server, &pair.client]);
}

/// Its holder stands still while connections begin: it lists them, and resets them, at no other time
/// than that of the injection.
fn is_reset_by_what_comes_again(acknowledgements: &str, ends: fn(&Pair) -> [&Host; 2]) {
    let pair = Pair::new();
    let [target, other] = ends(&pair);
    let unchanged = Unchanged::watch([target, other]);
    let netfault = Netfault::new();
    let listeners = Wire::ALL.map(|wire| Listener::on(&pair.server, wire, 0));
    let fault = netfault.inject(target, "reset --for 60s");
    fault.holder().freeze();
    eventually("its lease is over", LEASE, || {
        let attempt = listeners[0].attempt_from(&pair.client, SOON);
        attempt.is_ok().then_some(())
    });
    let connections = listeners.map(|listener| listener.accept_from(&pair.client));
    let lossy = netfault.inject(
        other,
        &format!("blackhole --direction {acknowledgements} --for 60s"),
    );
    for connection in &connections {
        (&connection.client).write_all(b"once").expect("it is open");
        eventually("it is sent again", SOON, || {
            let info = tcp_info(&pair.client, &connection.client)?;
            (info.retransmitted > 0).then_some(())
        });
    }
    fault.holder().thaw();
    for connection in &connections {
        let told = read_error(&connection.server, AGAIN);
        assert_eq!(told, ErrorKind::ConnectionReset, "{acknowledgements}");
    }
    lossy.stop();
    fault.stop();
    unchanged.assert();
}

fn is_reset_at_both_ends(pair: &Pair, wire: Wire, target: fn(&Pair) -> &Host) {
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let netfault = Netfault::new();
    let bulk = Bulk::start(Connection::open(pair, wire));
    bulk.await_bytes(1_000_000, SOON);
    let fault = netfault.inject(target(pair), "reset --for 30s");
    assert_eq!(bulk.await_end(SOON), BulkEnd::RESET, "{wire:?}");
    assert_eq!(fault.stop().connections_reset, 1, "{wire:?}");
    unchanged.assert();
}
