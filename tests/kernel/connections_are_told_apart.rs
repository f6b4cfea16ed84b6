//! Which connections a rule asks for: by when they began, and by who opened them.

use chaos_abi::Direction::{Egress, Ingress};
use chaos_abi::{ActorAnswer, Birth, Opener};
use chaos_plan::Fault;
use chaos_tests::promises;

use crate::bench::expect::{passes, refused, reset, vanishes};
use crate::bench::idle::Idle;
use crate::bench::namespace::{LOOPBACK, let_loopback_talk_to_itself};
use crate::bench::packet::{Packet, flags, tcp, udp};
use crate::bench::{Bench, words};

promises! {
    []
    by_their_first_segment,
    by_the_answer_to_one,
    by_what_was_there_at_the_cut,
    and_none_is_noted_unless_someone_asks,
    and_a_connection_that_begins_again_is_new,
    idle_ones_too,
    on_loopback_or_not
}

/// Faults that ask for existing connections, new ones, the target's and its peer's; in this order.
fn four(anchor: u32) -> Vec<Fault> {
    let asks = [
        "connections: Existing",
        "connections: New",
        "initiator: Target",
        "initiator: Peer",
    ];
    let words = asks.map(|asks| format!("traffic: {{{asks}}}, faults: {{blackhole: {{}}}}"));
    let faults = words::faults(&words.each_ref().map(String::as_str));
    let anchored = faults.into_iter().map(|fault| Fault { anchor, ..fault });
    anchored.collect()
}

/// Packets of two flows, one of each family.
fn both(with: u8) -> [Packet; 2] {
    [
        tcp("10.0.0.1:40000", "10.0.0.2:80"),
        tcp("[fd00::1]:40000", "[fd00::2]:80"),
    ]
    .map(|packet| packet.flags(with))
}

const EVERY: [u8; 5] = [
    flags::ACK,
    flags::PSH | flags::ACK,
    flags::FIN | flags::ACK,
    flags::RST,
    flags::ACK,
];

fn run(test: impl FnOnce(&mut Bench, u32) + Send) {
    Bench::run(|bench| {
        let cut = bench.cut();
        bench.hold(&four(cut));
        test(bench, cut);
    });
}

fn by_their_first_segment() {
    run(|bench, _| {
        for (way, opener) in [(Egress, 2), (Ingress, 3)] {
            for syn in both(flags::SYN) {
                bench.step(way, &syn, &vanishes(1).outranked(opener));
            }
            for packet in EVERY.into_iter().flat_map(both) {
                bench.step(Egress, &packet, &vanishes(1).outranked(opener));
                bench.step(Ingress, &packet, &vanishes(1).outranked(opener));
            }
        }
        bench.step(Egress, &udp("10.0.0.1:40000", "10.0.0.2:80"), &passes());
    });
}

fn by_the_answer_to_one() {
    run(|bench, _| {
        let answer = flags::SYN | flags::ACK;
        let [v4, v6] = both(answer);
        bench.step(Ingress, &v4, &vanishes(1).outranked(2));
        bench.step(Egress, &v6, &vanishes(1).outranked(3));
        // The first one tells: a connection has one answer.
        bench.step(Egress, &v4, &vanishes(1).outranked(2));
        let [v4, v6] = both(flags::ACK);
        bench.step(Egress, &v4, &vanishes(1).outranked(2));
        bench.step(Ingress, &v6, &vanishes(1).outranked(3));
    });
}

fn by_what_was_there_at_the_cut() {
    run(|bench, cut| {
        let unknown = both(flags::ACK);
        for packet in &unknown {
            bench.step(Egress, packet, &vanishes(1));
        }
        let mut births = bench.door.births().expect("a cut was made");
        for (opener, slot) in [(Opener::Target, 2), (Opener::Peer, 3)] {
            for packet in both(flags::ACK) {
                let birth = |cut| Birth {
                    at: 0,
                    cut,
                    opener: opener as u32,
                };
                let mut is_born = |at| {
                    let written = births.insert(packet.flow(), birth(at), 0);
                    written.expect("there is room");
                };
                is_born(cut - 1);
                bench.step(Egress, &packet, &vanishes(0).outranked(slot));
                bench.step(Ingress, &packet, &vanishes(0).outranked(slot));
                is_born(cut);
                bench.step(Egress, &packet, &vanishes(1).outranked(slot));
            }
        }
    });
}

fn and_none_is_noted_unless_someone_asks() {
    Bench::run(|bench| {
        let syn = tcp("10.0.0.1:40000", "10.0.0.2:80").flags(flags::SYN);
        let noted = |bench: &Bench| bench.door.births().map_or(0, |all| all.keys().count());
        bench.step(Egress, &syn, &passes());
        bench.hold(&words::faults(&["faults: {reset: {}}"]));
        bench.step(Egress, &syn.clone().data(0), &refused(0));
        assert_eq!(noted(bench), 0);
        bench.hold(&[]);
        bench.cut();
        bench.step(Egress, &syn, &passes());
        assert_eq!(noted(bench), 1, "before there is a rule");
        bench.dataplane.forget_births().expect("the kernel forgets");
        assert_eq!(noted(bench), 0);
        bench.step(Egress, &syn, &passes());
        assert_eq!(noted(bench), 0);
    });
}

fn and_a_connection_that_begins_again_is_new() {
    run(|bench, cut| {
        let [packet, _] = both(flags::ACK);
        let mut births = bench.door.births().expect("a cut was made");
        let old = Birth {
            at: 0,
            cut: cut - 1,
            opener: Opener::Peer as u32,
        };
        births.insert(packet.flow(), old, 0).expect("there is room");
        bench.step(Egress, &packet, &vanishes(0).outranked(3));
        bench.step(Egress, &both(flags::SYN)[0], &vanishes(1).outranked(2));
        bench.step(Ingress, &packet, &vanishes(1).outranked(2));
        // It began before this cut and is in no list of the kernel's, so it did not exist.
        let next = bench.cut();
        bench.hold(&four(next));
        bench.step(Ingress, &packet, &vanishes(1).outranked(2));
    });
}

fn idle_ones_too() {
    Bench::run(|bench| {
        let_loopback_talk_to_itself();
        for address in ["127.0.0.1", "::1"] {
            let mut old = Idle::open(address);
            let anchor = bench.cut();
            let mut new = Idle::open(address);
            let fault = |asks| Fault {
                anchor,
                ..words::fault(
                    "a",
                    &format!("traffic: {{{asks}}}, faults: {{reset: {{}}}}"),
                )
            };
            let ask = |bench: &mut Bench, asks, idle: &Idle| {
                bench.hold(&[fault(asks)]);
                let answer = idle.answer(bench).0;
                bench.ledger = bench.ledger.again(&bench.dataplane);
                answer
            };
            let (reset, none) = (ActorAnswer::Reset, ActorAnswer::Unmatched);
            assert_eq!(ask(bench, "connections: Existing", &new), none);
            assert_eq!(ask(bench, "connections: New", &old), none);
            assert_eq!(ask(bench, "initiator: Peer", &old), none, "the near end");
            old.must_be_alive();
            new.must_be_alive();
            assert_eq!(
                ask(bench, "initiator: Target, connections: Existing", &old),
                reset
            );
            assert_eq!(ask(bench, "connections: New", &new), reset);
            old.must_be_reset();
            new.must_be_reset();
            bench.start_over();
        }
    });
}

fn on_loopback_or_not() {
    Bench::run(|bench| {
        let words = ["Pod", "Loopback", "All"]
            .map(|word| format!("traffic: {{interfaces: {word}}}, faults: {{blackhole: {{}}}}"));
        bench.hold(&words::faults(&words.each_ref().map(String::as_str)));
        let packets = [
            udp("10.0.0.1:9", "10.0.0.2:9"),
            tcp("[fd00::1]:9", "[fd00::2]:9"),
        ];
        for packet in &packets {
            for (loopback, slot) in [(0, 0), (LOOPBACK, 1), (0, 0)] {
                let told = bench.dataplane.tell_loopback(loopback);
                told.expect("the hooks can be told");
                bench.step(Egress, packet, &vanishes(slot).outranked(2));
                bench.step(Ingress, packet, &vanishes(slot).outranked(2));
            }
        }
        bench.hold(&[]);
        bench.dataplane.tell_loopback(LOOPBACK).expect("as before");
        bench.hold(&words::faults(&["faults: {reset: {}}"]));
        bench.step(Egress, &packets[1], &passes());
        bench.dataplane.tell_loopback(0).expect("as before");
        bench.step(Egress, &packets[1], &reset(0));
    });
}
