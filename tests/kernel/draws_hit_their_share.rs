//! A rule with a probability hits that share of the connections, and each of them always.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use chaos_abi::Direction::{Egress, Ingress};
use chaos_ebpf::{drawn, hash};
use chaos_plan::Fault;
use chaos_tests::promises;

use crate::bench::expect::{passes, vanishes};
use crate::bench::frame::frame;
use crate::bench::odds::band;
use crate::bench::packet::{Body, Packet, flags, tcp};
use crate::bench::random::Random;
use crate::bench::{Bench, NEXT, REDIRECT, SHOT, words};

promises! {
    []
    a_share_of_random_flows_is_hit_in_both_directions,
    a_seed_chooses_the_flows,
    none_and_all
}

const FLOWS: u32 = 10_000;
const SHARE: f64 = 0.3;
const WORDS: &str = "draw: Flow, faults: {blackhole: {probability: 30%}}";

/// The hook, either way, and the host's own draw must agree on every flow.
fn a_share_of_random_flows_is_hit_in_both_directions() {
    let mut random = Random(20_261_120);
    Bench::run(|bench| {
        bench.hold(&words::faults(&[WORDS]));
        let rule = bench.table.rules().next().expect("one rule").1.rule;
        let mut hits = 0;
        for _ in 0..FLOWS {
            let packet = random_flow(&mut random);
            let hit = drawn(&rule, hash(&packet.flow()));
            let codes = [Egress, Ingress].map(|way| bench.hook(way, &frame(&packet, way)).code);
            let due = if hit { [REDIRECT, SHOT] } else { [NEXT, NEXT] };
            assert_eq!(codes, due, "{packet:?}");
            hits += u32::from(hit);
        }
        let (least, most) = band(FLOWS, SHARE, 0.999);
        assert!((least..=most).contains(&hits), "{hits} of {FLOWS}");
    });
}

fn a_seed_chooses_the_flows() {
    let mut random = Random(1);
    let flows: Vec<Packet> = (0..200).map(|_| random_flow(&mut random)).collect();
    let hit = |bench: &mut Bench, seed| {
        let fault = Fault {
            seed,
            ..words::fault("a", "draw: Flow, faults: {blackhole: {probability: 50%}}")
        };
        bench.start_over();
        bench.hold(&[fault]);
        let hit = |packet| bench.hook(Egress, &frame(packet, Egress)).code == REDIRECT;
        flows.iter().map(hit).collect::<Vec<bool>>()
    };
    Bench::run(|bench| {
        let (one, other, again) = (hit(bench, 1), hit(bench, 2), hit(bench, 1));
        assert_eq!(one, again, "one seed, one choice");
        let differ: u32 = one.iter().zip(&other).map(|(a, b)| u32::from(a != b)).sum();
        let (least, most) = band(200, 0.5, 0.999);
        assert!((least..=most).contains(&differ), "{differ} of 200");
    });
}

fn none_and_all() {
    let packet = tcp("10.0.0.1:40000", "10.0.0.2:80");
    Bench::run(|bench| {
        for (share, expect) in [("0%", passes().undrawn(0)), ("100%", vanishes(0))] {
            let words = format!("faults: {{blackhole: {{probability: {share}}}}}");
            bench.hold(&words::faults(&[&words]));
            bench.step(Egress, &packet, &expect);
            bench.hold(&[]);
        }
    });
}

fn random_flow(random: &mut Random) -> Packet {
    let kind = random.next();
    let mut end = || {
        let address = if kind & 1 == 0 {
            IpAddr::V4(Ipv4Addr::from_bits(random.word()))
        } else {
            let (high, low) = (random.next(), random.next());
            IpAddr::V6(Ipv6Addr::from_bits(
                u128::from(high) << 64 | u128::from(low),
            ))
        };
        SocketAddr::new(address, random.port())
    };
    let body = match kind >> 1 & 1 {
        0 => Body::Udp,
        _ => Body::Tcp {
            seq: 1,
            ack: 2,
            flags: flags::ACK,
        },
    };
    Packet::new(end(), end(), body)
}
