//! Faults come and go one by one: what stays keeps its slot and its counts.

use std::slice;

use chaos_abi::Direction::{Egress, Ingress};
use chaos_abi::{Bank, Config, Counters, Head, Rule};
use chaos_plan::Op;
use chaos_tests::promises;

use crate::bench::expect::{passes, reset, vanishes};
use crate::bench::namespace::{cpus, stay_on};
use crate::bench::packet::{tcp, udp};
use crate::bench::{Bench, words};

promises! {
    []
    what_stays_keeps_its_slot,
    a_change_goes_to_the_other_bank,
    a_word_of_another_version_does_nothing,
    every_cpu_counts
}

fn what_stays_keeps_its_slot() {
    let (dns, web) = (
        udp("10.0.0.1:40000", "10.0.0.2:53"),
        tcp("10.0.0.1:40000", "10.0.0.2:80"),
    );
    let a = words::fault("a", "traffic: {protocol: UDP}, faults: {blackhole: {}}");
    let b = words::fault(
        "b",
        "traffic: {peers: [{ports: [{port: 80}]}]}, faults: {reset: {}}",
    );
    let c = words::fault(
        "c",
        "traffic: {peers: [{ports: [{port: 53}]}]}, faults: {blackhole: {}}",
    );
    Bench::run(|bench| {
        bench.hold(slice::from_ref(&a));
        bench.step(Egress, &dns, &vanishes(0));
        bench.step(Egress, &web, &passes());
        bench.hold(&[a, b.clone()]);
        bench.step(Egress, &dns, &vanishes(0));
        bench.step(Egress, &web, &reset(1));
        bench.hold(slice::from_ref(&b));
        bench.step(Ingress, &dns, &passes());
        bench.step(Ingress, &web, &reset(1));
        assert_eq!(
            bench.ledger.slots[&0].matched, 2,
            "a free slot keeps its counts"
        );
        bench.hold(&[b, c]);
        assert_eq!(
            bench.ledger.slots[&0],
            Counters::default(),
            "a new rule starts at nothing"
        );
        bench.step(Ingress, &dns, &vanishes(0));
        bench.step(Ingress, &web, &reset(1));
        bench.hold(&[]);
        bench.step(Ingress, &dns, &passes());
        bench.step(Ingress, &web, &passes());
    });
}

fn a_change_goes_to_the_other_bank() {
    let to = |third: u8| udp("192.0.2.1:9", &format!("10.0.{third}.2:9"));
    Bench::run(|bench| {
        let mut banks = Vec::new();
        for third in 0..6 {
            let range = format!("peers: [{{ipBlock: {{cidr: 10.0.{third}.0/24}}}}]");
            let words = format!("traffic: {{{range}}}, faults: {{blackhole: {{}}}}");
            bench.hold(&[words::fault("a", &words)]);
            banks.push(bench.dataplane.bank());
            for other in 0..6 {
                let expect = if other == third {
                    vanishes(0)
                } else {
                    passes()
                };
                bench.step(Egress, &to(other), &expect);
            }
        }
        assert_eq!(banks, [Bank::B, Bank::A].repeat(3));
    });
}

fn a_word_of_another_version_does_nothing() {
    let packet = tcp("10.0.0.1:40000", "10.0.0.2:80");
    Bench::run(|bench| {
        bench.hold(&words::faults(&[
            "faults: {blackhole: {}}",
            "faults: {reset: {}}",
        ]));
        bench.step(Egress, &packet, &vanishes(0).outranked(1));
        for action in [0, 5, u16::MAX] {
            let rule = Rule {
                action,
                deadline: 1,
                ..Rule::default()
            };
            let mut image = Box::new(bench.table.image());
            let rules = usize::from(Head::of(&image.blocks[0]).rules);
            rule.put(&mut image.blocks[rules], 0);
            let bank = bench.dataplane.bank().other();
            let config = Config {
                bank: bank as u32,
                armed: 1,
            };
            let ops = [Op::WriteBank { bank, image }, Op::Switch(config)];
            bench.dataplane.apply(&ops).expect("a slot takes any rule");
            bench.step(Egress, &packet, &reset(1));
        }
    });
}

fn every_cpu_counts() {
    let packet = udp("10.0.0.1:40000", "10.0.0.2:53");
    Bench::run(|bench| {
        bench.hold(&words::faults(&["faults: {blackhole: {}}"]));
        let all = cpus();
        for cpu in &all {
            stay_on(*cpu);
            bench.step(Egress, &packet, &vanishes(0));
        }
        let counted = bench.dataplane.counters(0).expect("the kernel counts");
        let counted = counted.iter().filter(|counters| counters.dropped == 1);
        assert_eq!(counted.count(), all.len());
    });
}
