//! A constant delay: as long as was said, in order, in the direction that was said, and nothing else.

use std::time::Duration;

use chaos_tests::bed::tcp::Wire;
use chaos_tests::bed::{Host, Pair, Unchanged};
use chaos_tests::promises;

use crate::line::{Line, Probe, Spread, constant, critical, delays, distance, is_in_order};

promises! { []
    of_1_ms,
    of_10_ms,
    of_50_ms,
    of_250_ms,
    for_what_comes_in,
    over_ipv6
}

const COUNT: u32 = 2_000;
const GAP: Duration = Duration::from_millis(1);

fn of_1_ms() {
    is_held(1, Wire::V4);
}

fn of_10_ms() {
    is_held(10, Wire::V4);
}

fn of_50_ms() {
    is_held(50, Wire::V4);
}

fn of_250_ms() {
    is_held(250, Wire::V4);
}

fn over_ipv6() {
    is_held(20, Wire::V6);
}

/// Holds what a host sends, and what another one sends to it not.
#[track_caller]
fn is_held(millis: u64, wire: Wire) {
    let pair = Pair::new();
    shows(
        &pair.client,
        (&pair.client, &pair.server),
        millis,
        wire,
        "Egress",
    );
}

fn for_what_comes_in() {
    for wire in [Wire::V4, Wire::V6] {
        let pair = Pair::new();
        shows(
            &pair.client,
            (&pair.server, &pair.client),
            20,
            wire,
            "Ingress",
        );
    }
}

#[track_caller]
fn shows(target: &Host, (from, to): (&Host, &Host), millis: u64, wire: Wire, direction: &str) {
    let unchanged = Unchanged::watch([from, to]);
    let probe = Probe::open(from, to, wire);
    let bystander = Probe::open(from, to, wire);
    let back = Probe::open(to, from, wire);
    let latency = Duration::from_millis(millis);
    let line = Line::open(target.name());
    let traffic = traffic(direction, wire, probe.port());
    line.inject("held", &traffic, &constant(latency));
    let samples = probe.run(COUNT, GAP, latency);
    assert_eq!(samples.len(), COUNT as usize, "none is lost");
    assert!(is_in_order(&samples), "their order stays");
    let sorted = delays(&samples);
    let tolerance = (latency / 50).max(Duration::from_millis(1));
    let step = |at: f64| f64::from(u8::from(at >= latency.as_secs_f64()));
    let off = distance(&sorted, tolerance, step);
    eprintln!(
        "{millis} ms {direction} {wire:?}: late by {}",
        Spread::beyond(latency, &sorted)
    );
    assert!(off < critical(sorted.len()), "KS distance {off}");
    assert!(
        sorted[0] + Duration::from_micros(1) >= latency,
        "none is early: {:?}",
        sorted[0]
    );
    for (what, other) in [("another port", &bystander), ("the other way", &back)] {
        let samples = delays(&other.run(200, GAP, Duration::ZERO));
        assert_eq!(samples.len(), 200, "{what} is not lost");
        assert!(
            samples[100] < Duration::from_millis(1),
            "{what} is not held"
        );
    }
    let receipt = line.stop("held");
    assert!(receipt.traffic_matched);
    drop(line);
    unchanged.assert();
}

/// The datagrams of that direction to that port.
fn traffic(direction: &str, wire: Wire, port: u16) -> String {
    let any = if wire == Wire::V6 {
        "::/0"
    } else {
        "0.0.0.0/0"
    };
    let ports = if direction == "Egress" {
        format!("peers: [{{ipBlock: {{cidr: '{any}'}}, ports: [{{port: {port}}}]}}]")
    } else {
        format!("localPorts: ['{port}']")
    };
    format!("traffic: {{protocol: UDP, direction: {direction}, {ports}}}")
}
