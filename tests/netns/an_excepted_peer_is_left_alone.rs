//! `--except` leaves peers alone, whatever else the fault meets.

use std::time::Duration;

use chaos_api::RuleCounters;
use chaos_tests::bed::netfault::moved;
use chaos_tests::bed::tcp::{Listener, Wire};
use chaos_tests::bed::{UdpPath, Unchanged};
use chaos_tests::promises;

use crate::audit::{PORT, Scene};

promises! { [Netfault]
    among_several_peers_and_ports,
    at_its_ports_alone,
    by_a_reset_of_idle_connections
}

const SOON: Duration = Duration::from_secs(1);

/// Sends datagrams, and says how many arrived and were dropped, and how many were spared.
fn sent(path: &UdpPath, counters: impl Fn() -> RuleCounters) -> (usize, u64, u64) {
    let before = counters();
    path.send(10).expect("sendto never fails");
    let arrived = path.arrivals();
    let moved = moved(before, counters());
    assert_eq!(moved.matched, moved.dropped);
    (arrived, moved.dropped, moved.spared)
}

fn among_several_peers_and_ports() {
    let scene = Scene::set();
    let unchanged = Unchanged::watch(scene.star.hosts());
    let other = scene.host("other");
    let words = format!(
        "blackhole --to 0.0.0.0/0 --to [::/0]:{PORT},{}-{} --except {} --except {} --for 60s",
        PORT + 2,
        PORT + 3,
        other.v4(),
        other.v6()
    );
    let lost = (0, 10, 0);
    let spared = (10, 0, 10);
    let untouched = (10, 0, 0);
    for (to, wire, port, expected) in [
        ("peer", Wire::V4, PORT, lost),
        ("peer", Wire::V4Mapped, PORT + 1, lost),
        ("peer", Wire::V6, PORT, lost),
        ("peer", Wire::V6, PORT + 3, lost),
        ("peer", Wire::V6, PORT + 1, untouched),
        ("other", Wire::V4, PORT, spared),
        ("other", Wire::V4Mapped, PORT + 1, spared),
        ("other", Wire::V6, PORT + 2, spared),
        ("other", Wire::V6, PORT + 1, untouched),
    ] {
        let path = scene.path("target", to, wire, port);
        let fault = scene.netfault.inject(scene.host("target"), &words);
        let found = sent(&path, || fault.counters());
        assert_eq!(found, expected, "{to} {wire:?} {port}");
        fault.stop();
    }
    unchanged.assert();
}

fn at_its_ports_alone() {
    let scene = Scene::set();
    let peer = scene.host("peer");
    let words = format!(
        "blackhole --except {}:{PORT} --except [{}]:{PORT} --for 60s",
        peer.v4(),
        peer.v6()
    );
    for wire in Wire::ALL {
        for (to, port, arrives) in [
            ("peer", PORT, true),
            ("peer", PORT + 1, false),
            ("other", PORT, false),
        ] {
            let path = scene.path("target", to, wire, port);
            let fault = scene.netfault.inject(scene.host("target"), &words);
            let (arrived, ..) = sent(&path, || fault.counters());
            assert_eq!(arrived > 0, arrives, "{to} {wire:?} {port}");
            fault.stop();
        }
    }
}

fn by_a_reset_of_idle_connections() {
    let scene = Scene::set();
    let target = scene.host("target");
    for wire in Wire::ALL {
        let [cut, kept] = ["peer", "other"]
            .map(|name| Listener::on(scene.host(name), wire, PORT).accept_from(target));
        let other = scene.host("other");
        let words = format!(
            "reset --except {} --except {} --for 60s",
            other.v4(),
            other.v6()
        );
        let fault = scene.netfault.inject(target, &words);
        cut.assert_reset(SOON);
        kept.assert_alive();
        Listener::on(other, wire, PORT + 1)
            .accept_from(target)
            .assert_alive();
        assert_eq!(fault.stop().connections_reset, 1, "{wire:?}");
    }
}
