//! A packet that differs from a rule in one field passes it untouched and uncounted.

use chaos_tests::promises;

use crate::bench::expect::{passes, vanishes};
use crate::bench::fixture::{Fixture, arrives, check, leaves};
use crate::bench::packet::{echo, other, tcp, udp};

promises! {
    []
    by_port,
    by_direction,
    by_protocol,
    by_family,
    by_peer_prefix,
    by_nested_prefixes
}

fn by_port() {
    let lower = "10.0.0.1:8079";
    check(&[
        Fixture {
            what: "peer ports are the other end's, whichever way a packet goes",
            faults: &[
                "traffic: {peers: [{ports: [{port: 80}, {port: 6222, endPort: 6230}]}]}, faults: {blackhole: {}}",
            ],
            steps: vec![
                leaves(tcp("10.0.0.1:40000", "10.0.0.2:80"), vanishes(0)),
                arrives(udp("10.0.0.1:40000", "10.0.0.2:6222"), vanishes(0)),
                leaves(tcp("[fd00::1]:40000", "[fd00::2]:6230"), vanishes(0)),
                arrives(tcp("10.0.0.1:80", "10.0.0.2:40000"), passes()),
                leaves(tcp("10.0.0.1:40000", "10.0.0.2:6221"), passes()),
                leaves(tcp("10.0.0.1:40000", "10.0.0.2:6231"), passes()),
                leaves(tcp("10.0.0.1:40000", "10.0.0.2:20480"), passes()), // 80, bytes swapped
            ],
        },
        Fixture {
            what: "local ports are the target's, whichever way a packet goes",
            faults: &["traffic: {localPorts: [8080, 65535]}, faults: {blackhole: {}}"],
            steps: vec![
                arrives(tcp("10.0.0.1:8080", "10.0.0.2:40000"), vanishes(0)),
                leaves(udp("[fd00::1]:65535", "[fd00::2]:40000"), vanishes(0)),
                arrives(tcp(lower, "10.0.0.2:8080"), passes()),
                leaves(udp("10.0.0.1:0", "10.0.0.2:8080"), passes()),
            ],
        },
        Fixture {
            what: "a rule with ports of both ends needs both",
            faults: &[
                "traffic: {localPorts: [8080], peers: [{ports: [{port: 80}]}]}, faults: {blackhole: {}}",
            ],
            steps: vec![
                leaves(tcp("10.0.0.1:8080", "10.0.0.2:80"), vanishes(0)),
                leaves(tcp(lower, "10.0.0.2:80"), passes()),
                leaves(tcp("10.0.0.1:8080", "10.0.0.2:81"), passes()),
            ],
        },
    ]);
}

fn by_direction() {
    let packet = || tcp("10.0.0.1:40000", "10.0.0.2:80");
    check(&[
        Fixture {
            what: "egress only",
            faults: &["traffic: {direction: Egress}, faults: {blackhole: {}}"],
            steps: vec![leaves(packet(), vanishes(0)), arrives(packet(), passes())],
        },
        Fixture {
            what: "ingress only",
            faults: &["traffic: {direction: Ingress}, faults: {blackhole: {}}"],
            steps: vec![leaves(packet(), passes()), arrives(packet(), vanishes(0))],
        },
    ]);
}

fn by_protocol() {
    let (segment, datagram) = (
        || tcp("10.0.0.1:40000", "10.0.0.2:80"),
        || udp("10.0.0.1:40000", "10.0.0.2:80"),
    );
    let (v4, v6) = (
        || echo("10.0.0.1", "10.0.0.2"),
        || echo("fd00::1", "fd00::2"),
    );
    check(&[
        Fixture {
            what: "UDP on a port leaves TCP on it alone",
            faults: &[
                "traffic: {protocol: UDP, peers: [{ports: [{port: 80}]}]}, faults: {blackhole: {}}",
            ],
            steps: vec![leaves(datagram(), vanishes(0)), leaves(segment(), passes())],
        },
        Fixture {
            what: "ICMP is that of both families",
            faults: &["traffic: {protocol: ICMP}, faults: {blackhole: {}}"],
            steps: vec![
                arrives(v4(), vanishes(0)),
                leaves(v6(), vanishes(0)),
                leaves(segment(), passes()),
                leaves(other(132, "10.0.0.1", "10.0.0.2"), passes()),
            ],
        },
        Fixture {
            what: "a rule without ports meets ICMP, one with ports does not",
            faults: &[
                "traffic: {peers: [{ipBlock: {cidr: 10.0.0.2/32}}]}, faults: {blackhole: {}}",
                "traffic: {peers: [{ports: [{port: 80}]}]}, faults: {blackhole: {}}",
            ],
            steps: vec![
                leaves(v4(), vanishes(0)),
                leaves(v6(), passes()),
                leaves(tcp("[fd00::1]:40000", "[fd00::2]:80"), vanishes(1)),
            ],
        },
    ]);
}

fn by_family() {
    let (v4, v6) = (
        || tcp("10.0.0.1:40000", "10.0.0.2:80"),
        || tcp("[fd00::1]:40000", "[fd00::2]:80"),
    );
    check(&[
        Fixture {
            what: "IPv4 only",
            faults: &["traffic: {family: IPv4}, faults: {blackhole: {}}"],
            steps: vec![leaves(v4(), vanishes(0)), arrives(v6(), passes())],
        },
        Fixture {
            what: "IPv6 only",
            faults: &["traffic: {family: IPv6}, faults: {blackhole: {}}"],
            steps: vec![arrives(v4(), passes()), leaves(v6(), vanishes(0))],
        },
        Fixture {
            what: "all of IPv6 is nothing of IPv4",
            faults: &["traffic: {peers: [{ipBlock: {cidr: '::/0'}}]}, faults: {blackhole: {}}"],
            steps: vec![leaves(v4(), passes()), leaves(v6(), vanishes(0))],
        },
    ]);
}

fn by_peer_prefix() {
    check(&[Fixture {
        what: "a range with a hole, and one of the other family",
        faults: &[
            "traffic: {peers: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}, \
                   {ipBlock: {cidr: 'fd00:5::/32'}}]}, faults: {blackhole: {}}",
        ],
        steps: vec![
            leaves(udp("192.0.2.1:9", "10.0.0.0:9"), vanishes(0)),
            leaves(udp("192.0.2.1:9", "10.255.255.255:9"), vanishes(0)),
            leaves(udp("192.0.2.1:9", "9.255.255.255:9"), passes()),
            leaves(udp("192.0.2.1:9", "11.0.0.0:9"), passes()),
            leaves(udp("192.0.2.1:9", "10.1.0.0:9"), passes()),
            leaves(udp("192.0.2.1:9", "10.1.255.255:9"), passes()),
            arrives(udp("192.0.2.1:9", "10.2.0.0:9"), vanishes(0)),
            arrives(udp("10.0.0.1:9", "192.0.2.1:9"), passes()),
            leaves(udp("[fd00::1]:9", "[fd00:5:ffff::1]:9"), vanishes(0)),
            leaves(udp("[fd00::1]:9", "[fd00:6::1]:9"), passes()),
        ],
    }]);
}

fn by_nested_prefixes() {
    let to = |peer: &str| tcp("192.0.2.1:40000", &format!("{peer}:80"));
    check(&[Fixture {
        what: "each rule keeps its own range where ranges nest",
        faults: &[
            "traffic: {peers: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.2.0/24]}}]}, faults: {blackhole: {}}",
            "traffic: {peers: [{ipBlock: {cidr: 10.1.0.0/16}}]}, faults: {blackhole: {}}",
            "traffic: {peers: [{ipBlock: {cidr: 10.1.2.3/32}}]}, faults: {blackhole: {}}",
        ],
        steps: vec![
            leaves(to("10.2.0.1"), vanishes(0)),
            leaves(to("10.1.0.1"), vanishes(0).outranked(1)),
            leaves(to("10.1.2.1"), vanishes(1)),
            leaves(to("10.1.2.3"), vanishes(1).outranked(2)),
            leaves(to("192.0.2.2"), passes()),
        ],
    }]);
}
