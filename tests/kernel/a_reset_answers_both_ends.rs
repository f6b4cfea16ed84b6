//! `reset`: a segment becomes one RST to each end that its receiver must accept.

use chaos_abi::Direction::{Egress, Ingress};
use chaos_tests::promises;

use crate::bench::expect::{failed, let_through, passes, refused, reset};
use crate::bench::fixture::{Fixture, arrives, check, leaves};
use crate::bench::namespace::set_loopback;
use crate::bench::packet::{Body, Packet, echo, flags, tcp, udp};
use crate::bench::{Bench, words};

promises! {
    []
    segments_of_a_connection,
    a_new_connection_is_refused,
    sequence_numbers_wrap,
    headers_with_options_and_padding,
    resets_of_the_ends_pass,
    what_is_no_segment_passes,
    a_rst_that_cannot_be_sent_is_a_drop
}

const ALL: &str = "faults: {reset: {}}";

fn segments_of_a_connection() {
    let of = |local: &str, peer: &str| {
        let with = |with| tcp(local, peer).flags(with);
        [
            with(flags::PSH | flags::ACK),
            with(flags::ACK).data(0),
            with(flags::ACK).data(1460),
            with(flags::FIN | flags::ACK).data(0),
            with(flags::SYN | flags::ACK).data(0),
            with(flags::FIN).data(0),
        ]
    };
    let v4 = of("10.0.0.1:40000", "10.0.0.2:80");
    let v6 = of("[fd00::1]:40000", "[fd00::2]:80");
    let both = |packet: &Packet| {
        [
            leaves(packet.clone(), reset(0)),
            arrives(packet.clone(), reset(0)),
        ]
    };
    check(&[Fixture {
        what: "data, acknowledgements, FIN and SYN-ACK",
        faults: &[ALL],
        steps: v4.iter().chain(&v6).flat_map(both).collect(),
    }]);
}

fn a_new_connection_is_refused() {
    let syn = |local: &str, peer: &str| tcp(local, peer).flags(flags::SYN).data(0);
    check(&[Fixture {
        what: "SYN",
        faults: &[
            "traffic: {peers: [{ports: [{port: 80}]}], localPorts: [40000]}, faults: {reset: {}}",
        ],
        steps: vec![
            leaves(syn("10.0.0.1:40000", "10.0.0.2:80"), refused(0)),
            arrives(syn("10.0.0.1:40000", "10.0.0.2:80").options(), refused(0)),
            leaves(syn("[fd00::1]:40000", "[fd00::2]:80"), refused(0)),
            arrives(syn("[fd00::1]:40000", "[fd00::2]:80"), refused(0)),
            arrives(syn("10.0.0.1:80", "10.0.0.2:40000"), passes()),
        ],
    }]);
}

fn sequence_numbers_wrap() {
    let mut last = tcp("10.0.0.1:40000", "10.0.0.2:80");
    last.body = Body::Tcp {
        seq: u32::MAX,
        ack: u32::MAX,
        flags: flags::SYN,
    };
    check(&[Fixture {
        what: "the last number",
        faults: &[ALL],
        steps: vec![
            leaves(last.clone().data(0), refused(0)),
            leaves(last.flags(flags::ACK), reset(0)),
        ],
    }]);
}

fn headers_with_options_and_padding() {
    let long = || tcp("10.0.0.1:40000", "10.0.0.2:80").options();
    check(&[Fixture {
        what: "TCP options and padding go, IPv4 options stay",
        faults: &[ALL],
        steps: vec![
            leaves(long(), reset(0)),
            arrives(long().data(0), reset(0)),
            leaves(tcp("[fd00::1]:1", "[fd00::2]:2").options(), reset(0)),
            arrives(tcp("10.0.0.1:1", "10.0.0.2:2").data(1).padding(5), reset(0)),
        ],
    }]);
}

fn resets_of_the_ends_pass() {
    let rst = |with| tcp("10.0.0.1:40000", "10.0.0.2:80").flags(with).data(0);
    check(&[Fixture {
        what: "RST",
        faults: &[ALL],
        steps: vec![
            leaves(rst(flags::RST), let_through(0)),
            arrives(rst(flags::RST | flags::ACK), let_through(0)),
        ],
    }]);
}

fn what_is_no_segment_passes() {
    let later = |packet: Packet| packet.data(64).fragment(9);
    check(&[Fixture {
        what: "other protocols, and fragments without a TCP header",
        faults: &[ALL],
        steps: vec![
            leaves(udp("10.0.0.1:40000", "10.0.0.2:80"), passes()),
            arrives(echo("fd00::1", "fd00::2"), passes()),
            leaves(later(tcp("10.0.0.1:40000", "10.0.0.2:80")), let_through(0)),
            arrives(later(tcp("10.0.0.1:40000", "10.0.0.2:80")), let_through(0)),
        ],
    }]);
}

fn a_rst_that_cannot_be_sent_is_a_drop() {
    Bench::run(|bench| {
        bench.hold(&words::faults(&[ALL]));
        let packet = tcp("10.0.0.1:40000", "10.0.0.2:80");
        // Nothing goes through an interface that is down, and nothing is observed on it.
        set_loopback(false);
        bench.count(Egress, &packet, &failed(0));
        bench.count(Ingress, &packet, &failed(0));
        set_loopback(true);
        bench.step(Egress, &packet, &reset(0));
    });
}
