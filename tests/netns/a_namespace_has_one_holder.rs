//! Faults on one namespace share a holder, which follows its interfaces; each ends on its own.

use std::time::Duration;

use chaos_tests::bed::{Netfault, Pair, Unchanged, eventually};
use chaos_tests::promises;

promises! { [Netfault]
    and_a_second_fault_joins_it_and_ends_with_its_own_process,
    and_an_interface_that_appears_is_covered_within_a_second
}

const AT_ONCE: Duration = Duration::from_secs(1);

fn and_a_second_fault_joins_it_and_ends_with_its_own_process() {
    let pair = Pair::new();
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let netfault = Netfault::new();
    let first = netfault.inject(&pair.client, "blackhole --proto udp --for 30s");
    let second = netfault.inject(&pair.client, "reset --port 4222 --for 30s");
    assert_eq!(netfault.list().len(), 2, "both are in force");
    second.kill();
    eventually("the second ends with its process", AT_ONCE, || {
        (netfault.list().len() == 1).then_some(())
    });
    assert_eq!(netfault.list()[0].name, first.name(), "the first goes on");
    first.stop();
    unchanged.assert();
}

fn and_an_interface_that_appears_is_covered_within_a_second() {
    let pair = Pair::new();
    let netfault = Netfault::new();
    let fault = netfault.inject(&pair.client, "blackhole --proto udp --for 30s");
    let new = ["link", "add", "late", "type", "veth", "peer", "name", "far"];
    pair.client
        .ip(&[&new[..], &["netns", pair.server.name()]].concat());
    eventually("the new interface has hooks", AT_ONCE, || {
        let seen = fault.status().seen;
        seen.iter()
            .any(|hook| hook.interface == "late")
            .then_some(())
    });
    fault.stop();
}
