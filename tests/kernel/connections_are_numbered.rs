//! The draws of a share go by the number of a connection among those that its block met, so that the
//! same seed hits the same ones again whatever their ports are.

use chaos_abi::Direction::{Egress, Ingress};
use chaos_abi::{ActorAnswer, MAX_NUMBERED, Rule};
use chaos_ebpf::{drawn, hash};
use chaos_plan::Fault;
use chaos_tests::promises;

use crate::bench::expect::{Expect, passes, refused, reset, vanishes};
use crate::bench::frame::frame;
use crate::bench::idle::Idle;
use crate::bench::odds::band;
use crate::bench::packet::{Body, Packet, flags, tcp, udp};
use crate::bench::{Bench, NEXT, REDIRECT, words};

promises! {
    []
    whatever_their_ports_are,
    in_both_directions_and_by_each_protocol,
    a_syn_with_another_number_begins_another,
    once_for_all_rules_of_a_block,
    for_each_block_by_itself,
    by_the_flow_where_that_is_said,
    an_edit_keeps_them_and_an_end_frees_them,
    idle_ones_too,
    and_by_the_flow_where_there_is_no_room in 120
}

const HALF: &str = "faults: {blackhole: {probability: 50%}}";

/// The rule in slot 0.
fn rule(bench: &Bench) -> Rule {
    bench.table.rules().next().expect("one rule").1.rule
}

/// What the rule in slot 0 does to the connection of a number.
fn fate(rule: &Rule, number: u64) -> Expect {
    if drawn(rule, number) {
        vanishes(0)
    } else {
        passes().undrawn(0)
    }
}

fn client(port: u16) -> Packet {
    udp(&format!("10.0.0.1:{port}"), "10.0.0.2:53")
}

fn whatever_their_ports_are() {
    Bench::run(|bench| {
        let mut hits = Vec::new();
        for first in [1_000, 30_000] {
            bench.hold(&words::faults(&[HALF]));
            let rule = rule(bench);
            for n in 0..300 {
                let packet = client(first + n * 7);
                bench.step(Egress, &packet, &fate(&rule, u64::from(n) + 1));
            }
            hits.push(bench.counted(0).dropped);
            bench.hold(&[]);
        }
        assert_eq!(hits[0], hits[1]);
        let (least, most) = band(300, 0.5, 0.999);
        assert!(
            (u64::from(least)..=u64::from(most)).contains(&hits[0]),
            "{hits:?}"
        );
    });
}

fn in_both_directions_and_by_each_protocol() {
    let packets = [
        client(1),
        tcp("10.0.0.1:1", "10.0.0.2:53"),
        tcp("[fd00::1]:1", "[fd00::2]:53"),
        crate::bench::packet::echo("10.0.0.1", "10.0.0.2"),
        client(2),
    ];
    Bench::run(|bench| {
        bench.hold(&words::faults(&[HALF]));
        let rule = rule(bench);
        for _ in 0..3 {
            for (number, packet) in (1..).zip(&packets) {
                for way in [Ingress, Egress] {
                    bench.step(way, packet, &fate(&rule, number));
                }
            }
        }
    });
}

fn a_syn_with_another_number_begins_another() {
    let segment = |seq: u32, flags: u8| {
        let ends = ["10.0.0.1:40000", "10.0.0.2:80"].map(|end| end.parse().expect("an end"));
        Packet::new(ends[0], ends[1], Body::Tcp { seq, ack: 2, flags })
    };
    Bench::run(|bench| {
        bench.hold(&words::faults(&["faults: {reset: {probability: 50%}}"]));
        let rule = rule(bench);
        let hit = |number, acts: fn(u16) -> Expect| {
            if drawn(&rule, number) {
                acts(0)
            } else {
                passes().undrawn(0)
            }
        };
        for number in 1..60 {
            let seq = u32::try_from(number * 1_000).expect("a sequence number");
            for _ in 0..3 {
                bench.step(Egress, &segment(seq, flags::SYN), &hit(number, refused));
            }
            let data = segment(seq + 1, flags::PSH | flags::ACK);
            bench.step(Egress, &data, &hit(number, reset));
            bench.step(Ingress, &data, &hit(number, reset));
        }
    });
}

fn once_for_all_rules_of_a_block() {
    let two = "traffic: {peers: [{ports: [{port: 53}]}, {ipBlock: {cidr: 10.0.0.0/8}}]}, faults: \
               {blackhole: {probability: 50%}}";
    Bench::run(|bench| {
        bench.hold(&words::faults(&[two]));
        let rule = rule(bench);
        let only_second = |port: u16| udp(&format!("10.0.0.1:{port}"), "10.0.0.2:54");
        for n in 0..40 {
            let (number, expect) = (u64::from(n) * 2 + 1, passes());
            let both = if drawn(&rule, number) {
                vanishes(0).outranked(1)
            } else {
                expect.undrawn(0).undrawn(1)
            };
            bench.step(Egress, &client(1_000 + n), &both);
            let next = if drawn(&rule, number + 1) {
                vanishes(1)
            } else {
                passes().undrawn(1)
            };
            bench.step(Egress, &only_second(1_000 + n), &next);
        }
    });
}

fn for_each_block_by_itself() {
    let later =
        "traffic: {peers: [{ports: [{port: 54}]}]}, faults: {blackhole: {probability: 50%}}";
    Bench::run(|bench| {
        bench.hold(&words::faults(&[
            "faults: {blackhole: {probability: 0%}}",
            later,
        ]));
        let rule = bench.table.rule(1).expect("two rules").rule;
        for n in 0..40 {
            bench.step(Egress, &client(1_000 + n), &passes().undrawn(0));
            let packet = udp(&format!("10.0.0.1:{}", 1_000 + n), "10.0.0.2:54");
            let expect = if drawn(&rule, u64::from(n) + 1) {
                vanishes(1)
            } else {
                passes().undrawn(1)
            };
            bench.step(Egress, &packet, &expect.undrawn(0));
        }
    });
}

fn by_the_flow_where_that_is_said() {
    Bench::run(|bench| {
        bench.hold(&words::faults(&[&format!("draw: Flow, {HALF}")]));
        let rule = rule(bench);
        for n in 0..100 {
            let packet = client(1_000 + n);
            bench.step(Egress, &packet, &fate(&rule, hash(&packet.flow())));
        }
    });
}

fn an_edit_keeps_them_and_an_end_frees_them() {
    let other = |seed| Fault {
        seed,
        ..words::fault(
            "a",
            "traffic: {protocol: UDP}, faults: {blackhole: {probability: 30%}}",
        )
    };
    Bench::run(|bench| {
        bench.hold(&words::faults(&[HALF]));
        let before = rule(bench);
        for n in 0..20 {
            bench.step(Egress, &client(1_000 + n), &fate(&before, u64::from(n) + 1));
        }
        bench.hold(&[other(9)]);
        let after = rule(bench);
        for n in (0..40).rev() {
            let number = if n < 20 { n + 1 } else { 60 - n };
            bench.step(Egress, &client(1_000 + n), &fate(&after, u64::from(number)));
        }
        bench.hold(&[]);
        bench.dataplane.forget(0).expect("its numbers go");
        bench.hold(&words::faults(&[HALF]));
        for n in (0..40).rev() {
            bench.step(
                Egress,
                &client(1_000 + n),
                &fate(&before, u64::from(40 - n)),
            );
        }
    });
}

fn idle_ones_too() {
    Bench::run(|bench| {
        crate::bench::namespace::let_loopback_talk_to_itself();
        let faults = [
            "faults: {loss: {loss: 50%}}",
            "faults: {reset: {probability: 50%}}",
        ];
        bench.hold(&words::faults(&faults));
        let rule = bench.table.rule(1).expect("two rules").rule;
        for number in 1..30 {
            let mut idle = Idle::open(if number % 2 == 0 { "127.0.0.1" } else { "::1" });
            let answer = idle.answer(bench);
            if drawn(&rule, number) {
                assert_eq!(answer, (ActorAnswer::Reset, 1), "{number}");
                idle.must_be_reset();
            } else {
                assert_eq!(answer, (ActorAnswer::Unmatched, 0), "{number}");
                idle.must_be_alive();
            }
        }
    });
}

fn and_by_the_flow_where_there_is_no_room() {
    let all = u32::try_from(MAX_NUMBERED).expect("a few");
    let nth = |n: u32| {
        let [_, a, b, c] = n.to_be_bytes();
        udp(&format!("10.{a}.{b}.{c}:7"), "10.0.0.2:53")
    };
    Bench::run(|bench| {
        bench.hold(&words::faults(&[HALF]));
        let rule = rule(bench);
        let hit = |bench: &mut Bench, n| {
            let code = bench.hook(Egress, &frame(&nth(n), Egress)).code;
            assert!([NEXT, REDIRECT].contains(&code));
            code == REDIRECT
        };
        for n in 0..all {
            assert_eq!(hit(bench, n), drawn(&rule, u64::from(n) + 1), "{n}");
        }
        assert_eq!(bench.counted(0).unnumbered, 0);
        for n in all..all + 100 {
            assert_eq!(hit(bench, n), drawn(&rule, hash(&nth(n).flow())), "{n}");
        }
        assert_eq!(bench.counted(0).unnumbered, 100);
        assert_eq!(
            hit(bench, 0),
            drawn(&rule, 1),
            "those that are numbered stay so"
        );
        bench.dataplane.drain();
    });
}
