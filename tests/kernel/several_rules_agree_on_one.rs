//! Where several rules hit a packet, one acts and every one counts.

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
    sixty_four_rules_on_one_packet,
    sixty_four_rules_each_on_its_own
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

fn sixty_four_rules_on_one_packet() {
    let all: Vec<_> = (0..MAX_RULES)
        .map(|n| words::fault(&format!("f{n}"), "faults: {blackhole: {}}"))
        .collect();
    Bench::run(|bench| {
        bench.hold(&all);
        let expect = (1..64).fold(vanishes(0), Expect::outranked);
        bench.step(Egress, &tcp("10.0.0.1:1", "10.0.0.2:2"), &expect);
    });
}

fn sixty_four_rules_each_on_its_own() {
    let each: Vec<_> = (0..MAX_RULES)
        .map(|n| {
            let port = format!("peers: [{{ports: [{{port: {}}}]}}]", 5000 + n);
            let words = format!("traffic: {{{port}}}, faults: {{blackhole: {{}}}}");
            words::fault(&format!("f{n}"), &words)
        })
        .collect();
    Bench::run(|bench| {
        bench.hold(&each);
        for slot in 0..64 {
            let peer = format!("[fd00::2]:{}", 5000 + u16::from(slot));
            bench.step(Ingress, &tcp("[fd00::1]:40000", &peer), &vanishes(slot));
        }
        bench.step(Ingress, &tcp("10.0.0.1:5000", "10.0.0.2:5064"), &passes());
    });
}
