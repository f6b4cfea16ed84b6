//! `flows` shows the target's connections, and `plan` touches none of them.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use chaos_api::FlowInfo;
use chaos_tests::bed::tcp::{Listener, Wire};
use chaos_tests::bed::{Netfault, Pair, Unchanged};
use chaos_tests::promises;

promises! { [Netfault] by_flows, by_plan }

fn by_flows() {
    let pair = Pair::new();
    let unchanged = Unchanged::watch([&pair.client]);
    let netfault = Netfault::new();
    let listeners = Wire::ALL.map(|wire| Listener::on(&pair.server, wire, 0));
    let open = listeners
        .each_ref()
        .map(|listener| listener.accept_from(&pair.client));
    let outcome = netfault.call(&format!(
        "flows --netns {} -o json",
        pair.client.path().display()
    ));
    outcome.expect_code(0);
    let flows: Vec<FlowInfo> = serde_json::from_str(&outcome.stdout).expect("flows in JSON");
    let shown: BTreeSet<_> = flows.iter().map(|flow| flow.local).map(plain).collect();
    let held = open
        .each_ref()
        .map(|open| open.client.local_addr().expect("connected"));
    assert_eq!(shown, BTreeSet::from(held.map(plain)));
    unchanged.assert();
}

fn by_plan() {
    let pair = Pair::new();
    let unchanged = Unchanged::watch([&pair.client]);
    let netfault = Netfault::new();
    for wire in Wire::ALL {
        let listener = Listener::on(&pair.server, wire, 0);
        let open = listener.accept_from(&pair.client);
        let port = open.client.local_addr().expect("connected").port();
        let target = pair.client.path();
        let words = format!("plan reset --for 30s --netns {}", target.display());
        let hit = netfault.call(&format!("{words} --port {}", listener.port()));
        hit.expect_code(0);
        assert!(
            hit.stdout.contains(&format!(":{port}")),
            "{wire:?}: {}",
            hit.stdout
        );
        let spared = netfault.call(&format!("{words} --port 1"));
        spared.expect_code(0);
        assert!(
            !spared.stdout.contains(&format!(":{port}")),
            "{wire:?}: {}",
            spared.stdout
        );
        open.assert_alive();
    }
    unchanged.assert();
}

/// Mapped or not, it is the same connection.
fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}
