//! A fault touches what it names. After each step all counters are compared: the step moved
//! these, and no others.

use std::io::ErrorKind;
use std::time::Duration;

use chaos_api::RuleCounters;
use chaos_tests::bed::Unchanged;
use chaos_tests::bed::tcp::{Listener, Wire};
use chaos_tests::promises;

use crate::audit::{Audit, PORT, Scene};

promises! { [Netfault]
    by_a_blackhole_of_one_peer_port_and_direction,
    by_a_blackhole_of_one_family,
    by_a_blackhole_of_one_local_port,
    by_a_reset_of_one_port,
    by_a_reset_of_one_peer,
    by_a_fault_in_another_namespace
}

fn by_a_blackhole_of_one_peer_port_and_direction() {
    let scene = Scene::set();
    let unchanged = Unchanged::watch(scene.star.hosts());
    let named = scene.path("target", "peer", Wire::V4, PORT);
    let mapped = scene.path("target", "peer", Wire::V4Mapped, PORT + 1);
    let other_peer = scene.path("target", "other", Wire::V4, PORT);
    let other_family = scene.path("target", "peer", Wire::V6, PORT);
    let other_way = scene.path("peer", "target", Wire::V4, PORT);
    let other_host = scene.path("other", "peer", Wire::V4, PORT + 2);
    let peer = scene.host("peer").v4();
    let words = format!("blackhole --to {peer}:{PORT} --proto udp --direction egress --for 60s");
    let mut audit = Audit::start(&scene, &words);
    audit.is_lost("what it names", &named);
    audit.passes("another port", &mapped);
    audit.passes("another peer", &other_peer);
    audit.passes("another family", &other_family);
    audit.passes("another direction", &other_way);
    audit.passes("another host's", &other_host);
    audit.is_lost("what it names, again", &named);
    audit.stop();
    named.await_open(Duration::from_secs(1));
    unchanged.assert();
}

fn by_a_blackhole_of_one_family() {
    let scene = Scene::set();
    let unchanged = Unchanged::watch(scene.star.hosts());
    let v4 = scene.path("target", "peer", Wire::V4, PORT);
    let mapped = scene.path("target", "peer", Wire::V4Mapped, PORT + 1);
    let v6 = scene.path("target", "peer", Wire::V6, PORT + 2);
    let mut audit = Audit::start(&scene, "blackhole --family ipv4 --proto udp --for 60s");
    audit.is_lost("IPv4", &v4);
    audit.is_lost("IPv4 by an IPv6 socket", &mapped);
    audit.passes("IPv6", &v6);
    audit.stop();
    unchanged.assert();
}

fn by_a_blackhole_of_one_local_port() {
    let scene = Scene::set();
    let unchanged = Unchanged::watch(scene.star.hosts());
    let to_own = scene.path("peer", "target", Wire::V4, PORT);
    let to_peers = scene.path("target", "peer", Wire::V4, PORT);
    let words = format!("blackhole --local-port {PORT} --proto udp --for 60s");
    let mut audit = Audit::start(&scene, &words);
    audit.is_lost("to the target's own port", &to_own);
    audit.passes("to the same port of a peer", &to_peers);
    audit.stop();
    unchanged.assert();
}

fn by_a_reset_of_one_port() {
    let scene = Scene::set();
    let unchanged = Unchanged::watch(scene.star.hosts());
    for wire in Wire::ALL {
        let [named, other] =
            [PORT, PORT + 1].map(|port| Listener::on(scene.host("peer"), wire, port));
        let target = scene.host("target");
        let (cut, kept) = (named.accept_from(target), other.accept_from(target));
        let fault = scene
            .netfault
            .inject(target, &format!("reset --port {PORT} --for 60s"));
        cut.assert_reset(Duration::from_secs(1));
        kept.assert_alive();
        other.accept_from(target).assert_alive();
        let refused = named.attempt_from(target, Duration::from_secs(1));
        assert_eq!(refused.expect_err("named"), ErrorKind::ConnectionRefused);
        let counters = fault.counters();
        assert_eq!(
            (counters.idle_reset, counters.refused, counters.matched),
            (1, 1, 1)
        );
        assert_eq!(fault.stop().connections_reset, 2, "one cut, one refused");
    }
    unchanged.assert();
}

fn by_a_reset_of_one_peer() {
    let scene = Scene::set();
    let unchanged = Unchanged::watch(scene.star.hosts());
    for wire in Wire::ALL {
        let [named, other] =
            ["peer", "other"].map(|name| Listener::on(scene.host(name), wire, PORT));
        let target = scene.host("target");
        let (cut, kept) = (named.accept_from(target), other.accept_from(target));
        let peer = scene.host("peer");
        let words = format!("reset --to {} --to {} --for 60s", peer.v4(), peer.v6());
        let fault = scene.netfault.inject(target, &words);
        cut.assert_reset(Duration::from_secs(1));
        kept.assert_alive();
        let exactly = RuleCounters {
            idle_reset: 1,
            ..RuleCounters::default()
        };
        assert_eq!(fault.counters(), exactly, "{wire:?}");
        fault.stop();
    }
    unchanged.assert();
}

fn by_a_fault_in_another_namespace() {
    let scene = Scene::set();
    let unchanged = Unchanged::watch(scene.star.hosts());
    let [peer, other] = ["peer", "other"].map(|name| scene.host(name));
    let listener = Listener::on(peer, Wire::V4, PORT);
    let kept = listener.accept_from(other);
    let datagrams = scene.path("other", "peer", Wire::V4, PORT);
    let target = scene.host("target");
    let cut = listener.accept_from(target);
    let fault = scene.netfault.inject(target, "reset --for 60s");
    cut.assert_reset(Duration::from_secs(1));
    kept.assert_alive();
    listener.accept_from(other).assert_alive();
    assert!(datagrams.passes());
    let exactly = RuleCounters {
        idle_reset: 1,
        ..RuleCounters::default()
    };
    assert_eq!(fault.counters(), exactly, "its own host's connection only");
    fault.stop();
    unchanged.assert();
}
