//! An idle connection is reset at both ends as soon as the fault is in force.

use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};
use std::thread::sleep;
use std::time::Duration;

use chaos_api::RuleCounters;
use chaos_tests::bed::netfault::total;
use chaos_tests::bed::tcp::{Connection, Listener, Wire};
use chaos_tests::bed::{Host, Netfault, Pair, Unchanged};
use chaos_tests::promises;

use crate::held::{Held, order};

promises! { [Netfault]
    with_its_client_as_the_target,
    with_its_server_as_the_target,
    with_bytes_that_no_one_has_read,
    and_a_new_one_can_be_opened_after_rollback;
    [Object] that_began_while_the_lease_was_over,
    that_began_before_its_interface_was_covered
}

/// Neither end sends anything, so nothing but the reset itself can tell them.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Longer than rules act without their holder.
const LEASE: Duration = Duration::from_millis(3_500);

const RESET: &str = "faults: {reset: {}}";

fn with_its_client_as_the_target() {
    is_reset_at_both_ends(|pair| &pair.client);
}

fn with_its_server_as_the_target() {
    is_reset_at_both_ends(|pair| &pair.server);
}

fn is_reset_at_both_ends(target: fn(&Pair) -> &Host) {
    for wire in Wire::ALL {
        let pair = Pair::new();
        let unchanged = Unchanged::watch([&pair.client, &pair.server]);
        let netfault = Netfault::new();
        let connection = Connection::open(&pair, wire);
        connection.assert_alive();
        let fault = netfault.inject(target(&pair), "reset --for 30s");
        connection.assert_reset(AT_ONCE);
        let receipt = fault.stop();
        let exactly = RuleCounters {
            idle_reset: 1,
            ..RuleCounters::default()
        };
        assert_eq!(total(&receipt), exactly, "{wire:?}");
        assert_eq!(
            (receipt.connections_reset, receipt.traffic_matched),
            (1, true),
            "{wire:?}"
        );
        unchanged.assert();
    }
}

fn with_bytes_that_no_one_has_read() {
    for wire in Wire::ALL {
        let pair = Pair::new();
        let unchanged = Unchanged::watch([&pair.client, &pair.server]);
        let netfault = Netfault::new();
        let connection = Connection::open(&pair, wire);
        for end in connection.ends() {
            std::io::Write::write_all(&mut &*end, b"unread").expect("it is open");
        }
        let fault = netfault.inject(&pair.client, "reset --for 30s");
        connection.assert_reset(AT_ONCE);
        assert_eq!(fault.stop().connections_reset, 1, "{wire:?}");
        unchanged.assert();
    }
}

fn and_a_new_one_can_be_opened_after_rollback() {
    for wire in Wire::ALL {
        let pair = Pair::new();
        let netfault = Netfault::new();
        let listener = Listener::on(&pair.server, wire, 0);
        let connection = listener.accept_from(&pair.client);
        let fault = netfault.inject(&pair.client, "reset --for 30s");
        connection.assert_reset(AT_ONCE);
        fault.stop();
        listener.accept_from(&pair.client).assert_alive();
    }
}

fn that_began_while_the_lease_was_over() {
    let pair = Pair::new();
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let mut held = Held::open(&pair.client);
    held.inject(order("cut", RESET));
    let listener = Listener::on(&pair.server, Wire::V4, 0);
    let refused = listener.attempt_from(&pair.client, AT_ONCE);
    assert_eq!(
        refused.expect_err("it is in force"),
        ErrorKind::ConnectionRefused
    );
    sleep(LEASE);
    let connection = listener.accept_from(&pair.client);
    connection.assert_alive();
    held.tick();
    connection.assert_reset(AT_ONCE);
    assert_eq!(held.stop("cut").connections_reset, 2);
    drop(held);
    unchanged.assert();
}

fn that_began_before_its_interface_was_covered() {
    let pair = Pair::new();
    let mut held = Held::open(&pair.client);
    held.inject(order("cut", RESET));
    let new = "link add late type veth peer name far netns".split(' ');
    pair.client
        .ip(&new.chain([pair.server.name()]).collect::<Vec<_>>());
    for (host, interface, address) in [
        (&pair.client, "late", "198.18.200.1/30"),
        (&pair.server, "far", "198.18.200.2/30"),
    ] {
        host.ip(&["addr", "add", address, "dev", interface]);
        host.ip(&["link", "set", interface, "up"]);
    }
    let far = pair.server.enter(|| TcpListener::bind("198.18.200.2:0"));
    let far = far.expect("the address is its own");
    let target = far.local_addr().expect("it is bound");
    let client = pair
        .client
        .enter(|| TcpStream::connect_timeout(&target, AT_ONCE));
    let connection = Connection {
        client: client.expect("no hook is there yet"),
        server: far.accept().expect("it is open").0,
    };
    connection.assert_alive();
    held.tick();
    connection.assert_reset(AT_ONCE);
    assert_eq!(held.stop("cut").connections_reset, 1);
}
