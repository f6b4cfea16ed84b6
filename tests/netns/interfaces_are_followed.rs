//! Interfaces that come and go while a fault is in force have hooks at the next tick.

use std::collections::BTreeSet;
use std::process::Command;

use chaos_tests::bed::tcp::Wire;
use chaos_tests::bed::{Pair, UdpPath};
use chaos_tests::promises;

use crate::held::{Held, order};

promises! { [Object]
    that_appear_vanish_and_return,
    however_much_happens_between_two_looks
}

fn covered(held: &mut Held) -> BTreeSet<String> {
    let seen = held.receipt("mute").seen;
    seen.into_iter().map(|hook| hook.interface).collect()
}

fn held(pair: &Pair) -> Held {
    let mut held = Held::open(&pair.client);
    let words = "traffic: {protocol: UDP}, faults: {blackhole: {}}";
    held.inject(order("mute", words));
    held
}

fn add(pair: &Pair, name: &str) {
    let new = ["link", "add", name, "type", "veth", "peer", "name", "far"];
    pair.client
        .ip(&[&new[..], &["netns", pair.server.name()]].concat());
}

fn that_appear_vanish_and_return() {
    let pair = Pair::new();
    let path = UdpPath::open(&pair.client, &pair.server, Wire::V4);
    let mut held = held(&pair);
    for _ in 0..3 {
        assert_eq!(covered(&mut held), ["eth0".to_owned()].into());
        add(&pair, "late");
        let both = ["eth0", "late"].map(str::to_owned);
        assert_eq!(covered(&mut held), both.into());
        pair.client.ip(&["link", "delete", "late"]);
    }
    assert!(!path.passes(), "eth0 was left alone");
}

fn however_much_happens_between_two_looks() {
    let pair = Pair::new();
    let mut held = held(&pair);
    // Each change is told once or more, and a socket holds some two hundred.
    let many = "for n in $(seq 300); do ip link set lo mtu $((60000 + n)); done";
    pair.client.succeed(Command::new("sh").args(["-c", many]));
    add(&pair, "late");
    assert!(covered(&mut held).contains("late"));
    pair.client.ip(&["link", "delete", "late"]);
    assert!(!covered(&mut held).contains("late"), "it listens on");
}
