//! The actor: a connection that sends nothing is reset at both ends, by what its socket knows.
//!
//! Both ends live on loopback here, which is enough for the kernel to deliver what the actor sends.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use chaos_abi::{ActorAnswer, Flow, frame::skeleton};
use chaos_agent::dataplane::Program;
use chaos_agent::inventory::boot_clock;
use chaos_plan::Fault;
use chaos_tests::promises;

use crate::bench::namespace::{LOOPBACK, set_loopback};
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

/// An idle connection over loopback.
struct Idle {
    ends: [TcpStream; 2],
    flow: Flow,
    v6: bool,
}

impl Idle {
    fn open(address: &str) -> Self {
        let address: IpAddr = address.parse().expect("an address");
        let listener = TcpListener::bind((address, 0)).expect("a port is free");
        let near = TcpStream::connect(listener.local_addr().expect("it is bound"));
        let near = near.expect("it listens");
        let (far, _) = listener.accept().expect("it was connected to");
        for end in [&near, &far] {
            let patience = Some(Duration::from_secs(10));
            end.set_read_timeout(patience)
                .expect("a socket takes a timeout");
        }
        Self {
            flow: flow(
                near.local_addr().expect("connected"),
                near.peer_addr().expect("connected"),
            ),
            ends: [near, far],
            v6: address.is_ipv6(),
        }
    }

    fn answer(&self, bench: &mut Bench) -> (ActorAnswer, u8) {
        run(bench, &self.flow, self.v6)
    }

    fn must_be_reset(&mut self) {
        for end in &mut self.ends {
            let error = end.read(&mut [0]).expect_err("it was reset");
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        }
    }

    fn must_be_alive(&mut self) {
        let [near, far] = &mut self.ends;
        near.write_all(b"x").expect("it is alive");
        far.read_exact(&mut [0]).expect("it is alive");
    }
}

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
            let held = &mut bench.ledger.slots[0];
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
            let answer = run(bench, &flow(local, peer), true);
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

fn run(bench: &mut Bench, flow: &Flow, v6: bool) -> (ActorAnswer, u8) {
    let (frame, length) = skeleton(flow, v6);
    act(bench, &frame[..length])
}

fn act(bench: &mut Bench, frame: &[u8]) -> (ActorAnswer, u8) {
    let verdict = bench.dataplane.run(Program::Actor, frame, LOOPBACK);
    let code = verdict.expect("the kernel runs the actor").code;
    ActorAnswer::from_return(code.cast_unsigned()).expect("a known answer")
}

fn flow(local: SocketAddr, peer: SocketAddr) -> Flow {
    let segment = Body::Tcp {
        seq: 0,
        ack: 0,
        flags: 0,
    };
    Packet::new(local, peer, segment).flow()
}

/// Lets IPv4 take packets whose source and destination are both its own, as IPv6 does on loopback.
fn let_loopback_talk_to_itself() {
    for setting in ["accept_local", "route_localnet"] {
        let path = format!("/proc/sys/net/ipv4/conf/lo/{setting}");
        fs::write(path, "1").expect("a namespace of our own");
    }
}
