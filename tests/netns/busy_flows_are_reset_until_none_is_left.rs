//! Twenty flows at full speed: when the fault is in force, no dump shows one of them.

use std::time::Duration;

use chaos_tests::bed::tcp::{Bulk, BulkEnd, Listener, Wire, count_of_sockets};
use chaos_tests::bed::{Netfault, Pair, Unchanged, eventually};
use chaos_tests::promises;

promises! { [Netfault] over_ipv4, over_ipv6 }

const FLOWS: usize = 20;
const SOON: Duration = Duration::from_secs(5);

fn over_ipv4() {
    all_are_reset(Wire::V4);
}

fn over_ipv6() {
    all_are_reset(Wire::V6);
}

fn all_are_reset(wire: Wire) {
    let pair = Pair::new();
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let netfault = Netfault::new();
    let listener = Listener::on(&pair.server, wire, 0);
    let connections = listener.accept_many(&pair.client, FLOWS);
    let flows: Vec<_> = connections.into_iter().map(Bulk::start).collect();
    let fault = netfault.inject(&pair.client, "reset --for 30s");
    let gone = |host| (count_of_sockets(host, listener.port()) == 0).then_some(());
    eventually("the target has none of them", SOON, || gone(&pair.client));
    eventually("nor has their server", SOON, || gone(&pair.server));
    for flow in flows {
        assert_eq!(flow.await_end(SOON), BulkEnd::RESET);
    }
    assert_eq!(fault.stop().connections_reset, FLOWS as u64);
    unchanged.assert();
}
