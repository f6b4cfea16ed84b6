//! `loss` draws each packet for itself, by the seed, its connection and how many were before it.

use chaos_abi::Direction::{Egress, Ingress};
use chaos_abi::{Counters, Direction, Rule};
use chaos_ebpf::{hash, lost};
use chaos_plan::Fault;
use chaos_tests::promises;

use crate::bench::expect::{Expect, let_through, passes, reset, vanishes};
use crate::bench::fixture::{Fixture, arrives, check, leaves};
use crate::bench::frame::frame;
use crate::bench::odds::{band, correlation, gaps};
use crate::bench::packet::{Body, Packet, echo, flags, tcp, udp};
use crate::bench::{Bench, NEXT, REDIRECT, SHOT, words};

promises! {
    []
    of_every_protocol_in_the_order_they_come,
    away_from_the_target_unless_a_direction_is_named,
    all_of_them_or_none,
    each_by_chance_and_none_by_another,
    the_same_ones_on_every_kernel,
    once_for_all_rules_of_a_block,
    each_connection_begins_anew,
    all_fragments_or_none,
    beside_a_blackhole_and_a_reset,
    a_connection_without_room_by_chance in 120
}

const TENTH: &str = "faults: {loss: {loss: 10%}}";
const PACKETS: u32 = 20_000;

fn rule(bench: &Bench) -> Rule {
    bench.table.rules().next().expect("one rule").1.rule
}

fn fate(is_lost: bool) -> Expect {
    if is_lost {
        vanishes(0)
    } else {
        passes().undrawn(0)
    }
}

fn datagram() -> Packet {
    udp("10.0.0.1:40000", "10.0.0.2:53")
}

/// Which of so many packets are lost.
fn run(bench: &mut Bench, packet: &Packet, way: Direction, count: u32) -> Vec<bool> {
    let frame = frame(packet, way);
    let gone = if way == Egress { REDIRECT } else { SHOT };
    let lost = |_| {
        let code = bench.hook(way, &frame).code;
        assert!([NEXT, gone].contains(&code));
        code == gone
    };
    let outcomes = (0..count).map(lost).collect();
    bench.dataplane.drain();
    outcomes
}

fn of_every_protocol_in_the_order_they_come() {
    let packets = [
        tcp("10.0.0.1:40000", "10.0.0.2:80"),
        tcp("[fd00::1]:40000", "[fd00::2]:80"),
        datagram(),
        udp("[fd00::1]:40000", "[fd00::2]:53"),
        echo("10.0.0.1", "10.0.0.2"),
        echo("fd00::1", "fd00::2"),
    ];
    for (draw, by_flow) in [("Ordinal", false), ("Flow", true)] {
        let words =
            format!("traffic: {{direction: Both}}, draw: {draw}, faults: {{loss: {{loss: 40%}}}}");
        Bench::run(|bench| {
            bench.hold(&words::faults(&[&words]));
            let rule = rule(bench);
            for before in 0..40 {
                for (number, packet) in (1..).zip(&packets) {
                    let connection = if by_flow {
                        hash(&packet.flow())
                    } else {
                        number
                    };
                    for way in [Egress, Ingress] {
                        let is_lost = lost(&rule, connection, way, before);
                        bench.step(way, packet, &fate(is_lost));
                    }
                }
            }
        });
    }
}

fn away_from_the_target_unless_a_direction_is_named() {
    let packet = datagram;
    check(&[
        Fixture {
            what: "none",
            faults: &["faults: {loss: {loss: 100%}}"],
            steps: vec![leaves(packet(), vanishes(0)), arrives(packet(), passes())],
        },
        Fixture {
            what: "ingress",
            faults: &["traffic: {direction: Ingress}, faults: {loss: {loss: 100%}}"],
            steps: vec![leaves(packet(), passes()), arrives(packet(), vanishes(0))],
        },
        Fixture {
            what: "both",
            faults: &["traffic: {direction: Both}, faults: {loss: {loss: 100%}}"],
            steps: vec![
                leaves(packet(), vanishes(0)),
                arrives(packet(), vanishes(0)),
            ],
        },
    ]);
}

fn all_of_them_or_none() {
    Bench::run(|bench| {
        for (share, due) in [("0%", 0), ("100%", 500)] {
            let words = format!("faults: {{loss: {{loss: {share}}}}}");
            bench.start_over();
            bench.hold(&words::faults(&[&words]));
            run(bench, &datagram(), Egress, 500);
            let counted = bench.counted(0);
            let fates = (counted.matched, counted.dropped, counted.undrawn);
            assert_eq!(fates, (500, due, 500 - due));
        }
    });
}

/// The share within the exact 99.9 % of its binomial distribution; no outcome goes together with one
/// of the 37 after it; the gaps are geometric. The limits are those of all checks together at 99.9 %.
fn each_by_chance_and_none_by_another() {
    const LAGS: usize = 37;
    // Two-sided normal quantile of 1 - 0.001 / 37.
    const FAR: f64 = 4.20;
    // Quantile 0.999 of chi-squared with twenty degrees of freedom.
    const UNEVEN: f64 = 45.31;
    for draw in ["Ordinal", "Flow"] {
        for (share, words) in [(0.1, "10%"), (0.5, "50%")] {
            let words = format!("draw: {draw}, faults: {{loss: {{loss: {words}}}}}");
            Bench::run(|bench| {
                bench.hold(&words::faults(&[&words]));
                let outcomes = run(bench, &datagram(), Egress, PACKETS);
                let hits = outcomes.iter().filter(|lost| **lost).count();
                let (least, most) = band(PACKETS, share, 0.999);
                let hits = u32::try_from(hits).expect("a few");
                assert!((least..=most).contains(&hits), "{hits} at {words}");
                let far = FAR / f64::from(PACKETS).sqrt();
                for lag in 1..=LAGS {
                    let together = correlation(&outcomes, lag);
                    assert!(together.abs() < far, "{together} at lag {lag}, {words}");
                }
                let bins = if share < 0.2 { 20 } else { 8 };
                let uneven = gaps(&outcomes, share, bins);
                let most = if bins == 20 { UNEVEN } else { 26.12 };
                assert!(uneven < most, "{uneven} over gaps, {words}");
            });
        }
    }
}

/// A seed that is written down must lose the same packets on any kernel and in the next version.
fn the_same_ones_on_every_kernel() {
    const LISTS: [u64; 2] = [0xf016_ef02_3798_aad6, 0xf0cb_73f2_9aa1_6c3e];
    for (draw, list) in ["Ordinal", "Flow"].into_iter().zip(LISTS) {
        let words = format!("seed: 42, draw: {draw}, faults: {{loss: {{loss: 5%}}}}");
        Bench::run(|bench| {
            bench.hold(&words::faults(&[&words]));
            let outcomes = run(bench, &datagram(), Egress, PACKETS);
            let found = digest(&outcomes);
            assert_eq!(found, list, "{found:#018x}: the packets that {words} loses");
        });
    }
}

/// FNV-1a (Fowler, Noll, Vo) over the numbers of the packets that were lost.
fn digest(outcomes: &[bool]) -> u64 {
    let lost = (0_u32..).zip(outcomes).filter(|(_, lost)| **lost);
    let bytes = lost.flat_map(|(number, _)| number.to_be_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn once_for_all_rules_of_a_block() {
    let two = "traffic: {peers: [{ports: [{port: 53}]}, {ipBlock: {cidr: 10.0.0.0/8}}]}, faults: \
               {loss: {loss: 50%}}";
    let between = "faults: {loss: {loss: 50%}}";
    Bench::run(|bench| {
        bench.hold(&words::faults(&[two, between]));
        let [a, b] = [0, 2].map(|slot| bench.table.rule(slot).expect("three rules").rule);
        for before in 0..200 {
            let [a, b] = [a, b].map(|rule| lost(&rule, 1, Egress, before));
            let expect = match (a, b) {
                (true, true) => vanishes(0).outranked(1).outranked(2),
                (true, false) => vanishes(0).outranked(1).undrawn(2),
                (false, true) => vanishes(2).undrawn(0).undrawn(1),
                (false, false) => passes().undrawn(0).undrawn(1).undrawn(2),
            };
            bench.step(Egress, &datagram(), &expect);
        }
    });
}

fn each_connection_begins_anew() {
    let segment = |seq: u32, flags: u8| {
        let ends = ["10.0.0.1:40000", "10.0.0.2:80"].map(|end| end.parse().expect("an end"));
        Packet::new(ends[0], ends[1], Body::Tcp { seq, ack: 2, flags })
    };
    Bench::run(|bench| {
        bench.hold(&words::faults(&["faults: {loss: {loss: 50%}}"]));
        let rule = rule(bench);
        for number in 1..20 {
            let seq = u32::try_from(number).expect("a few");
            let mut fates = (0..).map(|before| lost(&rule, number, Egress, before));
            let mut due = || fate(fates.next().expect("no end"));
            bench.step(Egress, &segment(seq, flags::SYN), &due());
            bench.step(Egress, &segment(seq, flags::SYN), &due());
            for _ in 0..8 {
                bench.step(Egress, &segment(seq + 1, flags::ACK), &due());
            }
        }
    });
}

/// Of 300 datagrams in five fragments half arrive whole, and of the others nothing.
fn all_fragments_or_none() {
    for (local, peer) in [
        ("10.0.0.1:40000", "10.0.0.2:53"),
        ("[fd00::1]:40000", "[fd00::2]:53"),
    ] {
        Bench::run(|bench| {
            bench.hold(&words::faults(&["faults: {loss: {loss: 50%}}"]));
            let rule = rule(bench);
            let mut whole = 0;
            for before in 0..300_u32 {
                let is_lost = lost(&rule, 1, Egress, u64::from(before));
                for piece in 0..5 {
                    let frame = fragment(&udp(local, peer), before, piece * 9);
                    let code = bench.hook(Egress, &frame).code;
                    let due = if is_lost { REDIRECT } else { NEXT };
                    assert_eq!(code, due, "fragment {piece} of datagram {before}");
                }
                whole += u32::from(!is_lost);
            }
            let (least, most) = band(300, 0.5, 0.999);
            assert!((least..=most).contains(&whole), "{whole} of 300 arrive");
            let counted = bench.counted(0);
            assert_eq!(counted.undrawn, u64::from(whole) * 5);
            assert_eq!(counted.dropped, 1_500 - u64::from(whole) * 5);
            bench.dataplane.drain();
        });
    }
}

/// A fragment, not the last, of a datagram: at this offset in eight bytes.
fn fragment(packet: &Packet, ident: u32, offset: u16) -> Vec<u8> {
    let [.., high, low] = ident.to_be_bytes();
    if !packet.is_v6() {
        let mut frame = frame(&packet.clone().data(64).fragment(offset), Egress);
        frame[18..20].copy_from_slice(&[high, low]);
        return frame;
    }
    let whole = frame(packet, Egress);
    let [far, near] = (offset << 3 | 1).to_be_bytes();
    let mut frame = whole[..54].to_vec();
    frame[20] = 44;
    frame.extend([17, 0, far, near, 0, 0, high, low]);
    frame.extend(&whole[54..]);
    frame
}

fn beside_a_blackhole_and_a_reset() {
    let packet = || tcp("10.0.0.1:40000", "10.0.0.2:80");
    let all = "faults: {loss: {loss: 100%}}";
    let none = "faults: {loss: {loss: 0%}}";
    let mute = "traffic: {direction: Egress}, faults: {blackhole: {}}";
    check(&[
        Fixture {
            what: "loss outranks a reset",
            faults: &["faults: {reset: {}}", all],
            steps: vec![
                leaves(packet(), vanishes(1).outranked(0)),
                arrives(packet(), reset(0)),
            ],
        },
        Fixture {
            what: "a blackhole outranks loss",
            faults: &[all, mute],
            steps: vec![leaves(packet(), vanishes(1).outranked(0))],
        },
        Fixture {
            what: "what is not lost meets the others",
            faults: &[none, "faults: {reset: {}}"],
            steps: vec![
                leaves(packet(), reset(1).undrawn(0)),
                leaves(packet().flags(flags::RST), let_through(1).undrawn(0)),
            ],
        },
        Fixture {
            what: "both in one fault: a slot for each",
            faults: &["faults: {loss: {loss: 0%}, reset: {}}"],
            steps: vec![leaves(packet(), reset(1).undrawn(0))],
        },
    ]);
}

fn a_connection_without_room_by_chance() {
    Bench::run(|bench| {
        let fill = Fault {
            seed: 3,
            ..words::fault(
                "fill",
                "traffic: {protocol: UDP}, faults: {blackhole: {probability: 0%}}",
            )
        };
        bench.hold(std::slice::from_ref(&fill));
        let all = u32::try_from(chaos_abi::MAX_NUMBERED).expect("a few");
        for n in 0..all {
            let [_, a, b, c] = n.to_be_bytes();
            let packet = udp(&format!("10.{a}.{b}.{c}:7"), "10.0.0.2:53");
            bench.hook(Egress, &frame(&packet, Egress));
        }
        let loss = words::fault("loss", &format!("traffic: {{protocol: TCP}}, {TENTH}"));
        bench.ledger = bench.ledger.again(&bench.dataplane);
        bench.hold(&[fill, loss]);
        let outcomes = run(bench, &tcp("10.0.0.1:1", "10.0.0.2:2"), Egress, PACKETS);
        let hits = outcomes.iter().filter(|lost| **lost).count();
        // By real chance: six standard deviations.
        assert!((1_746..=2_254).contains(&hits), "{hits} of {PACKETS}");
        let Counters { unnumbered, .. } = bench.counted(1);
        assert_eq!(unnumbered, u64::from(PACKETS));
    });
}
