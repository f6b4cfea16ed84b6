//! The actor: a connection that sends nothing is reset at both ends, by what its socket knows.
//!
//! Both ends live on loopback here, which is enough for the kernel to deliver what the actor sends.

use std::net::{SocketAddr, TcpListener};

use chaos_abi::ActorAnswer;
use chaos_agent::inventory::boot_clock;
use chaos_plan::Fault;
use chaos_tests::promises;

use crate::bench::idle::{Idle, act, actor, flow};
use crate::bench::namespace::{let_loopback_talk_to_itself, set_loopback};
use crate::bench::packet::{Body, Packet, flags};
use crate::bench::{Bench, frame, words};

promises! {
    []
    at_both_ends_over_ipv4_and_ipv6,
    by_the_first_reset_rule_that_hits,
    unless_no_rule_in_force_hits,
    unless_there_is_no_connection,
    unless_the_kernel_cannot_send,
    unless_the_frame_names_no_flow
}

const ALL: &str = "faults: {reset: {}}";

fn at_both_ends_over_ipv4_and_ipv6() {
    Bench::run(|bench| {
        let_loopback_talk_to_itself();
        bench.hold(&words::faults(&[ALL]));
        for address in ["127.0.0.1", "::1"] {
            let mut idle = Idle::open(address);
            let mut bystander = Idle::open(address);
            let begun = boot_clock();
            assert_eq!(idle.answer(bench), (ActorAnswer::Reset, 0), "{address}");
            idle.must_be_reset();
            bystander.must_be_alive();
            let counted = bench.counted(0);
            let held = bench.ledger.slot(0);
            held.idle_reset += 1;
            if held.first == 0 {
                held.first = counted.first;
            }
            held.last = counted.last;
            assert_eq!(counted, *held);
            assert!((begun..=boot_clock()).contains(&counted.last));
        }
    });
}

fn by_the_first_reset_rule_that_hits() {
    let never = "faults: {reset: {probability: 0%}}";
    Bench::run(|bench| {
        bench.hold(&words::faults(&[
            "faults: {blackhole: {}}",
            never,
            ALL,
            ALL,
        ]));
        let mut idle = Idle::open("::1");
        assert_eq!(idle.answer(bench), (ActorAnswer::Reset, 2));
        idle.must_be_reset();
    });
}

fn unless_no_rule_in_force_hits() {
    let gone = Fault {
        deadline: 1,
        ..words::fault("d", ALL)
    };
    let mut faults = words::faults(&[
        "faults: {blackhole: {}}",
        "faults: {reset: {probability: 0%}}",
        "traffic: {family: IPv4}, faults: {reset: {}}",
    ]);
    faults.push(gone);
    Bench::run(|bench| {
        let mut idle = Idle::open("::1");
        assert_eq!(
            idle.answer(bench),
            (ActorAnswer::Unmatched, 0),
            "an empty table"
        );
        bench.hold(&faults);
        assert_eq!(
            idle.answer(bench),
            (ActorAnswer::Unmatched, 0),
            "no rule hits"
        );
        bench.hold(&words::faults(&[ALL]));
        bench
            .dataplane
            .lease(boot_clock())
            .expect("a lease can be written");
        assert_eq!(
            idle.answer(bench),
            (ActorAnswer::Unmatched, 0),
            "the lease is over"
        );
        bench.unmoved("three runs of the actor");
        idle.must_be_alive();
    });
}

fn unless_there_is_no_connection() {
    Bench::run(|bench| {
        bench.hold(&words::faults(&[ALL]));
        let listener = TcpListener::bind("[::1]:0").expect("a port is free");
        let listening = listener.local_addr().expect("it is bound");
        let nobody = SocketAddr::new(listening.ip(), 9);
        for (local, peer) in [(nobody, listening), (listening, nobody)] {
            let answer = actor(bench, &flow(local, peer), true);
            assert_eq!(answer, (ActorAnswer::NoSocket, 0));
        }
        bench.unmoved("flows without a socket");
    });
}

fn unless_the_kernel_cannot_send() {
    Bench::run(|bench| {
        bench.hold(&words::faults(&[ALL]));
        let mut idle = Idle::open("127.0.0.1");
        set_loopback(false);
        assert_eq!(idle.answer(bench), (ActorAnswer::Failed, 0));
        set_loopback(true);
        bench.unmoved("a RST that could not be sent");
        idle.must_be_alive();
    });
}

fn unless_the_frame_names_no_flow() {
    let ends = ["10.0.0.1:1", "10.0.0.2:2"].map(|end| end.parse().expect("an address"));
    let segment = Body::Tcp {
        seq: 1,
        ack: 2,
        flags: flags::ACK,
    };
    let packets = [
        Packet::new(ends[0], ends[1], Body::Udp),
        Packet::new(ends[0], ends[1], segment).fragment(9),
    ];
    Bench::run(|bench| {
        bench.hold(&words::faults(&[ALL]));
        for packet in &packets {
            let frame = frame::frame(packet, chaos_abi::Direction::Egress);
            assert_eq!(
                act(bench, &frame),
                (ActorAnswer::Malformed, 0),
                "{packet:?}"
            );
        }
        bench.unmoved("frames without a flow");
    });
}
