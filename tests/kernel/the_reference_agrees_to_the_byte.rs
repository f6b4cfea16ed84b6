//! Whatever the rules and the packets: verdicts, frames, counters and events are those of the reference,
//! after each packet.

use std::cell::RefCell;
use std::env;
use std::net::SocketAddr;

use chaos_abi::Protocol;
use chaos_agent::inventory::boot_clock;
use chaos_api::RejectWith;
use chaos_plan::{Fault, PacketWords};
use chaos_tests::promises;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};

use crate::bench::frame::frame;
use crate::bench::packet::{Body, Packet, flags};
use crate::bench::random::Random;
use crate::bench::{Bench, words::NEVER};
use crate::reference::Reference;

#[path = "../../chaos-plan/tests/promises/worlds.rs"]
mod worlds;

promises! { [] on_random_packets_and_tables }

/// Tables; each meets twenty packets on average.
const TABLES: u32 = 150;
/// As many where time is short: in an emulated machine each takes a second.
const FEW_TABLES: u32 = 40;

fn on_random_packets_and_tables() {
    let mut hurry = ["NETFAULT_QUICK", "NETFAULT_VM"].into_iter();
    let hurry = hurry.any(|variable| env::var_os(variable).is_some());
    let config = Config {
        cases: if hurry { FEW_TABLES } else { TABLES },
        failure_persistence: None,
        max_shrink_iters: 60,
        ..Config::default()
    };
    let world = (
        worlds::faults(),
        worlds::packets(),
        select(vec![true, true, true, false]),
        any::<u64>(),
    );
    Bench::run(|bench| {
        let bench = RefCell::new(bench);
        let outcome = TestRunner::new(config).run(&world, |(faults, packets, leased, seed)| {
            let mut bench = bench.borrow_mut();
            bench.start_over();
            let until = if leased { u64::MAX } else { boot_clock() };
            bench
                .dataplane
                .lease(until)
                .expect("a lease can be written");
            bench.hold(&faults.into_iter().map(runnable).collect::<Vec<_>>());
            let mut random = Random(seed);
            let mut reference = Reference::default();
            for words in packets {
                let packet = packet(&words, &mut random);
                let written = frame(&packet, words.direction);
                let expect = reference.expect(&bench.table, &written, words.direction, leased);
                bench.step(words.direction, &packet, &expect);
            }
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{error}"));
    });
}

/// A fault of a random world, at a deadline that matters: long past, or far away. A reset of what
/// is no TCP is not valid.
fn runnable(mut fault: Fault) -> Fault {
    let traffic = &fault.spec.traffic;
    let mut ports = traffic.peers.iter().flat_map(|peer| &peer.ports);
    let protocols = [chaos_api::Protocol::Udp, chaos_api::Protocol::Icmp];
    if protocols.contains(&traffic.protocol)
        || ports.any(|port| port.protocol == Some(chaos_api::Protocol::Udp))
    {
        fault.spec.faults.reset = None;
        let reject = &mut fault.spec.faults.reject;
        *reject = reject.filter(|reject| reject.with != RejectWith::TcpReset);
    }
    if fault.deadline > 1 {
        fault.deadline = NEVER;
    }
    fault
}

/// A packet with these words.
fn packet(words: &PacketWords, random: &mut Random) -> Packet {
    let (local, number) = if words.peer.is_ipv6() {
        ("fd00:ffff::7", 89)
    } else {
        ("192.0.2.7", 132)
    };
    let ends = words.ports.unwrap_or((0, 0));
    let local = SocketAddr::new(local.parse().expect("an address"), ends.0);
    let peer = SocketAddr::new(words.peer, ends.1);
    let choice = usize::try_from(random.next() % flags::TOGETHER.len() as u64).expect("few");
    let body = match words.protocol {
        Protocol::Icmp => Body::Echo,
        Protocol::Tcp | Protocol::Udp if words.ports.is_none() && words.peer.is_ipv6() => {
            Body::Other(number)
        }
        Protocol::Tcp => Body::Tcp {
            seq: random.word(),
            ack: random.word(),
            flags: flags::TOGETHER[choice],
        },
        Protocol::Udp => Body::Udp,
        Protocol::Other => Body::Other(number),
    };
    let packet = Packet::new(local, peer, body).data(choice * 16);
    match body {
        Body::Tcp { .. } | Body::Udp if words.ports.is_none() => packet.fragment(9),
        _ => packet,
    }
}
