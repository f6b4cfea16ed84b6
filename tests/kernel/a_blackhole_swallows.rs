//! `blackhole`: every packet that a rule hits vanishes, either way, and leaves nothing but counts.

use chaos_tests::promises;

use crate::bench::expect::{passes, vanishes};
use crate::bench::fixture::{Fixture, arrives, check, leaves};
use crate::bench::packet::{echo, other, tcp, udp};

promises! { [] every_protocol_of_both_families, headers_with_options, fragments }

const ALL: &str = "faults: {blackhole: {}}";

fn every_protocol_of_both_families() {
    let packets = [
        tcp("10.0.0.1:40000", "10.0.0.2:80"),
        udp("10.0.0.1:40000", "10.0.0.2:53"),
        echo("10.0.0.1", "10.0.0.2"),
        other(132, "10.0.0.1", "10.0.0.2"),
        tcp("[fd00::1]:40000", "[fd00::2]:80"),
        udp("[fd00::1]:40000", "[fd00::2]:53"),
        echo("fd00::1", "fd00::2"),
        other(132, "fd00::1", "fd00::2"),
    ];
    let steps = packets.into_iter().flat_map(|packet| {
        [
            leaves(packet.clone(), vanishes(0)),
            arrives(packet, vanishes(0)),
        ]
    });
    check(&[Fixture {
        what: "a blackhole without traffic takes everything",
        faults: &[ALL],
        steps: steps.collect(),
    }]);
}

fn headers_with_options() {
    let rule = "traffic: {localPorts: [40000], peers: [{ports: [{port: 80}]}]}";
    check(&[Fixture {
        what: "ports are read behind IPv4 options",
        faults: &[&format!("{rule}, {ALL}")],
        steps: vec![
            leaves(tcp("10.0.0.1:40000", "10.0.0.2:80").options(), vanishes(0)),
            arrives(udp("10.0.0.1:40000", "10.0.0.2:80").options(), vanishes(0)),
            leaves(tcp("10.0.0.1:40000", "10.0.0.2:81").options(), passes()),
        ],
    }]);
}

fn fragments() {
    let datagram = udp("10.0.0.1:40000", "10.0.0.2:53").data(64);
    check(&[
        Fixture {
            what: "the fragments after the first share its fate, in their direction",
            faults: &["traffic: {peers: [{ports: [{port: 53}]}]}, faults: {blackhole: {}}"],
            steps: vec![
                leaves(datagram.clone().fragment(9), passes()),
                leaves(datagram.clone().fragment(0), vanishes(0)),
                leaves(datagram.clone().fragment(9), vanishes(0)),
                arrives(datagram.clone().fragment(9), passes()),
            ],
        },
        Fixture {
            what: "a rule without ports takes every fragment",
            faults: &["traffic: {protocol: UDP}, faults: {blackhole: {}}"],
            steps: vec![
                leaves(datagram.clone().fragment(0), vanishes(0)),
                leaves(datagram.clone().fragment(9), vanishes(0)),
                arrives(datagram.fragment(256), vanishes(0)),
            ],
        },
    ]);
}
