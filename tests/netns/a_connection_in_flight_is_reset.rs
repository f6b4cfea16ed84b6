//! A connection that carries data, in GSO bursts and small segments, is reset at both ends.

use std::time::Duration;

use chaos_tests::bed::tcp::{Bulk, BulkEnd, Connection, Wire};
use chaos_tests::bed::{Host, Netfault, Pair, Unchanged};
use chaos_tests::promises;

promises! { [Netfault]
    with_its_writer_as_the_target,
    with_its_reader_as_the_target,
    whoever_completes_the_checksums
}

const SOON: Duration = Duration::from_secs(2);

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
