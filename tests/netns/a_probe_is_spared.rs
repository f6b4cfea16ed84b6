//! Connections that a fault spares, as the kubelet's probes are, pass it as if it were not there.

use std::io::ErrorKind;
use std::time::Duration;

use chaos_agent::engine::Order;
use chaos_plan::Spare;
use chaos_tests::bed::netfault::total;
use chaos_tests::bed::tcp::{Listener, Wire, read_error};
use chaos_tests::bed::{Host, Star, Unchanged};
use chaos_tests::promises;

use crate::held::{Held, order};

promises! { [Object]
    by_a_reset_and_the_bystander_is_not,
    by_a_blackhole_and_the_bystander_is_not,
    and_a_fault_that_met_nothing_else_says_so,
    but_not_by_a_fault_that_does_not_say_so
}

const PROBED: u16 = 8080;
const AT_ONCE: Duration = Duration::from_secs(1);

fn town() -> Star {
    Star::new(&["target", "kubelet", "bystander"])
}

/// An order that spares probes from a host.
fn sparing(name: &str, words: &str, kubelet: &Host) -> Order {
    let spare = Spare {
        ports: vec![PROBED],
        sources: kubelet.addresses().to_vec(),
    };
    Order {
        spare,
        ..order(name, words)
    }
}

fn by_a_reset_and_the_bystander_is_not() {
    let star = town();
    let unchanged = Unchanged::watch(star.hosts());
    let [target, kubelet, bystander] = ["target", "kubelet", "bystander"].map(|n| star.host(n));
    let mut held = Held::open(target);
    for wire in Wire::ALL {
        let listener = Listener::on(target, wire, PROBED);
        let unprobed = Listener::on(target, wire, PROBED + 1);
        let (kept, cut) = (
            listener.accept_from(kubelet),
            listener.accept_from(bystander),
        );
        let other_port = unprobed.accept_from(kubelet);
        held.inject(sparing("cut", "faults: {reset: {}}", kubelet));
        cut.assert_reset(AT_ONCE);
        other_port.assert_reset(AT_ONCE);
        kept.assert_alive();
        listener.accept_from(kubelet).assert_alive();
        let refused = listener.attempt_from(bystander, AT_ONCE);
        assert_eq!(refused.expect_err("cut"), ErrorKind::ConnectionRefused);
        let receipt = held.stop("cut");
        let counted = total(&receipt);
        assert!(counted.spared >= 8, "{wire:?}: {counted:?}");
        assert_eq!((counted.matched, counted.refused), (1, 1), "{wire:?}");
        assert_eq!(receipt.connections_reset, 3, "{wire:?}");
        kept.assert_alive();
    }
    drop(held);
    unchanged.assert();
}

fn by_a_blackhole_and_the_bystander_is_not() {
    let star = town();
    let [target, kubelet, bystander] = ["target", "kubelet", "bystander"].map(|n| star.host(n));
    let mut held = Held::open(target);
    for wire in Wire::ALL {
        let listener = Listener::on(target, wire, PROBED);
        let (kept, mute) = (
            listener.accept_from(kubelet),
            listener.accept_from(bystander),
        );
        held.inject(sparing("mute", "faults: {blackhole: {}}", kubelet));
        kept.assert_alive();
        listener.accept_from(kubelet).assert_alive();
        std::io::Write::write_all(&mut &mute.client, b"x").expect("it is open");
        assert_eq!(read_error(&mute.server, AT_ONCE), ErrorKind::WouldBlock);
        let counted = total(&held.stop("mute"));
        assert!(counted.spared >= 8 && counted.dropped >= 1, "{counted:?}");
    }
}

fn and_a_fault_that_met_nothing_else_says_so() {
    let star = town();
    let [target, kubelet] = ["target", "kubelet"].map(|name| star.host(name));
    let listener = Listener::on(target, Wire::V4, PROBED);
    let mut held = Held::open(target);
    held.inject(sparing("cut", "faults: {reset: {}}", kubelet));
    listener.accept_from(kubelet).assert_alive();
    let receipt = held.stop("cut");
    assert!(!receipt.traffic_matched);
    assert_eq!((receipt.first_hit, receipt.connections_reset), (None, 0));
    let counted = total(&receipt);
    assert!(counted.spared >= 7, "{counted:?}");
    assert_eq!(receipt.warnings, ["no traffic met this fault"]);
}

fn but_not_by_a_fault_that_does_not_say_so() {
    let star = town();
    let [target, kubelet] = ["target", "kubelet"].map(|name| star.host(name));
    let listener = Listener::on(target, Wire::V6, PROBED);
    let mut held = Held::open(target);
    // The first packets between the two: neighbours are still to be found.
    held.inject(sparing("mute", "faults: {blackhole: {}}", kubelet));
    let kept = listener.accept_from(kubelet);
    kept.assert_alive();
    held.inject(order("cut", "faults: {reset: {}}"));
    kept.assert_reset(AT_ONCE);
    assert_eq!(held.receipt("cut").connections_reset, 1);
    assert_eq!(held.stop("mute").connections_reset, 0);
}
