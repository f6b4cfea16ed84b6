//! A rule whose deadline or lease is over lets everything pass, and says so.

use chaos_abi::Direction::{Egress, Ingress};
use chaos_agent::inventory::boot_clock;
use chaos_plan::Fault;
use chaos_tests::promises;

use crate::bench::expect::{passes, reset, vanishes};
use crate::bench::frame::frame;
use crate::bench::packet::{tcp, udp};
use crate::bench::{Bench, NEXT, REDIRECT, words};

promises! {
    []
    at_its_deadline,
    each_rule_at_its_own_deadline,
    several_rules_at_once_and_each_tells,
    while_the_lease_is_over,
    a_new_deadline_revives_it
}

/// Every run that ends before the deadline drops, and every one that begins after it passes.
fn at_its_deadline() {
    let packet = udp("10.0.0.1:40000", "10.0.0.2:53");
    let frame = frame(&packet, Egress);
    Bench::run(|bench| {
        bench.hold(&[until("a", u64::MAX)]);
        bench.step(Egress, &packet, &vanishes(0));
        let deadline = boot_clock() + 50_000_000;
        bench.hold(&[until("a", deadline)]);
        let (mut runs, mut begun) = (1, 0);
        while begun < deadline + 10_000_000 {
            begun = boot_clock();
            let code = bench.hook(Egress, &frame).code;
            let ended = boot_clock();
            assert!(code == REDIRECT || ended >= deadline, "it passed too soon");
            assert!(code == NEXT || begun < deadline, "it vanished too late");
            runs += 1;
        }
        let counted = bench.counted(0);
        assert_eq!(counted.dropped + counted.expired, runs);
        assert_eq!(counted.matched, counted.dropped);
        assert!((counted.first..deadline).contains(&counted.last));
    });
}

fn each_rule_at_its_own_deadline() {
    let packet = tcp("10.0.0.1:40000", "10.0.0.2:80");
    let cut = words::fault("b", "faults: {reset: {}}");
    Bench::run(|bench| {
        bench.hold(&[until("a", 1), cut]);
        bench.step(Egress, &packet, &reset(1).expired(0));
        bench.step(Egress, &packet, &reset(1).expired(0));
    });
}

fn several_rules_at_once_and_each_tells() {
    let packet = tcp("10.0.0.1:40000", "10.0.0.2:80");
    Bench::run(|bench| {
        bench.hold(&[until("a", 1), until("b", 1), until("c", 1)]);
        let expect = passes().expired(0).expired(1).expired(2);
        bench.step(Egress, &packet, &expect);
        bench.step(Egress, &packet, &expect);
    });
}

fn while_the_lease_is_over() {
    let packet = tcp("[fd00::1]:40000", "[fd00::2]:80");
    let spares = words::fault("c", "faults: {reset: {probability: 0%}}");
    let faults = [
        words::fault("a", "faults: {blackhole: {}}"),
        until("b", 1),
        spares,
    ];
    Bench::run(|bench| {
        bench.hold(&faults);
        bench.step(Egress, &packet, &vanishes(0).expired(1).undrawn(2));
        bench
            .dataplane
            .lease(boot_clock())
            .expect("a lease can be written");
        let lapsed = passes().lapsed(0).expired(1).lapsed(2);
        bench.step(Egress, &packet, &lapsed);
        bench.step(Ingress, &packet, &lapsed);
        bench
            .dataplane
            .lease(u64::MAX)
            .expect("a lease can be written");
        bench.step(Ingress, &packet, &vanishes(0).expired(1).undrawn(2));
    });
}

fn a_new_deadline_revives_it() {
    let packet = tcp("10.0.0.1:40000", "10.0.0.2:80");
    Bench::run(|bench| {
        bench.hold(&[until("a", 1)]);
        bench.step(Egress, &packet, &passes().expired(0));
        bench.hold(&[until("a", u64::MAX)]);
        bench.step(Egress, &packet, &vanishes(0));
    });
}

fn until(name: &str, deadline: u64) -> Fault {
    Fault {
        deadline,
        ..words::fault(name, "faults: {blackhole: {}}")
    }
}
