//! An idle connection is reset at both ends as soon as the fault is in force.

use std::time::Duration;

use chaos_api::RuleCounters;
use chaos_tests::bed::netfault::total;
use chaos_tests::bed::tcp::{Connection, Listener, Wire};
use chaos_tests::bed::{Host, Netfault, Pair, Unchanged};
use chaos_tests::promises;

promises! { [Netfault]
    with_its_client_as_the_target,
    with_its_server_as_the_target,
    with_bytes_that_no_one_has_read,
    and_a_new_one_can_be_opened_after_rollback
}

/// Neither end sends anything, so nothing but the reset itself can tell them.
const AT_ONCE: Duration = Duration::from_secs(1);

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
