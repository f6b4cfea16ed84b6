//! Where several rules hit a packet, one acts and every one counts.

use std::slice;

use chaos_abi::Direction::{Egress, Ingress};
use chaos_abi::MAX_RULES;
use chaos_tests::promises;

use crate::bench::expect::{Expect, let_through, passes, reset, vanishes};
use crate::bench::fixture::{Fixture, arrives, check, leaves};
use crate::bench::packet::{flags, tcp};
use crate::bench::{Bench, words};

promises! {
    []
    a_blackhole_outranks_a_reset,
    of_equals_the_first_acts,
    as_many_rules_as_there_can_be_on_one_packet,
    as_many_rules_each_on_its_own,
    an_earlier_fault_acts_first_whatever_slots_they_have
}

fn a_blackhole_outranks_a_reset() {
    let packet = || tcp("10.0.0.1:40000", "10.0.0.2:80");
    let mute =
        "traffic: {direction: Egress, peers: [{ports: [{port: 80}]}]}, faults: {blackhole: {}}";
    check(&[
        Fixture {
            what: "the reset in the lower slot",
            faults: &["faults: {reset: {}}", mute],
            steps: vec![
                leaves(packet(), vanishes(1).outranked(0)),
                arrives(packet(), reset(0)),
                leaves(tcp("10.0.0.1:40000", "10.0.0.2:81"), reset(0)),
            ],
        },
        Fixture {
            what: "the blackhole in the lower slot",
            faults: &[mute, "faults: {reset: {}}"],
            steps: vec![
                leaves(packet(), vanishes(0).outranked(1)),
                arrives(packet(), reset(1)),
                arrives(packet().flags(flags::RST), let_through(1)),
            ],
        },
        Fixture {
            what: "both in one fault: a slot for each",
            faults: &["faults: {blackhole: {probability: 0%}, reset: {}}"],
            steps: vec![leaves(packet(), reset(1).undrawn(0))],
        },
    ]);
}

fn of_equals_the_first_acts() {
    let packet = || tcp("[fd00::1]:40000", "[fd00::2]:80");
    check(&[Fixture {
        what: "three blackholes, of which the first spares everything",
        faults: &[
            "faults: {blackhole: {probability: 0%}}",
            "traffic: {family: IPv6}, faults: {blackhole: {}}",
            "faults: {blackhole: {}}",
        ],
        steps: vec![
            leaves(packet(), vanishes(1).undrawn(0).outranked(2)),
            arrives(tcp("10.0.0.1:1", "10.0.0.2:2"), vanishes(2).undrawn(0)),
        ],
    }]);
}

/// The slots that one packet may have to go through are all there are.
const ALL: u16 = 1024;

fn as_many_rules_as_there_can_be_on_one_packet() {
    let all: Vec<_> = (0..MAX_RULES)
        .map(|n| words::fault(&format!("f{n}"), "faults: {blackhole: {}}"))
        .collect();
    Bench::run(|bench| {
        bench.hold(&all);
        let expect = (1..ALL).fold(vanishes(0), Expect::outranked);
        bench.step(Egress, &tcp("10.0.0.1:1", "10.0.0.2:2"), &expect);
    });
}

fn as_many_rules_each_on_its_own() {
    let each: Vec<_> = (0..MAX_RULES)
        .map(|n| {
            let port = format!("peers: [{{ports: [{{port: {}}}]}}]", 5000 + n);
            let words = format!("traffic: {{{port}}}, faults: {{blackhole: {{}}}}");
            words::fault(&format!("f{n}"), &words)
        })
        .collect();
    Bench::run(|bench| {
        bench.hold(&each);
        for slot in (0..ALL).filter(|slot| slot % 61 < 3) {
            let peer = format!("[fd00::2]:{}", 5000 + slot);
            bench.step(Ingress, &tcp("[fd00::1]:40000", &peer), &vanishes(slot));
        }
        bench.step(Ingress, &tcp("10.0.0.1:5000", "10.0.0.2:6024"), &passes());
        bench.step(Ingress, &tcp("10.0.0.1:5000", "10.0.0.2:4999"), &passes());
    });
}

/// A fault that comes later takes a slot that became free, and still stands behind those before it.
fn an_earlier_fault_acts_first_whatever_slots_they_have() {
    let packet = tcp("10.0.0.1:1", "10.0.0.2:2");
    let [a, b, c] = ["a", "b", "c"].map(|name| words::fault(name, "faults: {blackhole: {}}"));
    Bench::run(|bench| {
        bench.hold(&[a, b.clone()]);
        bench.step(Egress, &packet, &vanishes(0).outranked(1));
        bench.hold(slice::from_ref(&b));
        bench.hold(&[b, c]);
        bench.step(Egress, &packet, &vanishes(1).outranked(0));
    });
}
