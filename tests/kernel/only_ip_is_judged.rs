//! Frames that are not whole IP packets pass untouched, though a rule takes everything.

use chaos_abi::Direction::{Egress, Ingress};
use chaos_tests::promises;
use etherparse::{ArpHardwareId, ArpOperation, ArpPacket, EtherType, PacketBuilder};

use crate::bench::frame::frame;
use crate::bench::packet::{LOCAL_MAC, PEER_MAC, echo, tcp, udp};
use crate::bench::random::Random;
use crate::bench::{Bench, REDIRECT, words};

promises! {
    []
    arp_lldp_and_what_is_behind_many_tags,
    what_keeps_a_link_of_ipv6_up,
    truncated_headers,
    garbage,
    everything_where_no_rule_is
}

const EVERYTHING: &str = "faults: {blackhole: {}}";

fn arp_lldp_and_what_is_behind_many_tags() {
    let frames = [
        ("ARP", arp()),
        (
            "LLDP",
            raw(EtherType(0x88cc), &[0x02, 7, 4, 1, 2, 3, 4, 5, 6]),
        ),
        ("three tags", tagged(3)),
        ("an IEEE 802.3 length", raw(EtherType(100), &[0; 100])),
    ];
    Bench::run(|bench| {
        bench.hold(&words::faults(&[EVERYTHING]));
        for (what, frame) in frames {
            bench.ignore(Egress, &frame, what);
            bench.ignore(Ingress, &frame, what);
        }
        for tags in 1..3 {
            assert_eq!(bench.hook(Egress, &tagged(tags)).code, REDIRECT, "{tags}");
        }
    });
}

/// Messages of `ICMPv6` that find multicast listeners (130 to 132, RFC 2710; 143, RFC 3810), routers
/// and neighbours (133 to 137, RFC 4861); the messages beside them are judged.
fn what_keeps_a_link_of_ipv6_up() {
    let message = |kind: u8| {
        let mut frame = frame(&echo("fd00::1", "fd00::2"), Egress);
        frame[14 + 40] = kind;
        frame
    };
    Bench::run(|bench| {
        bench.hold(&words::faults(&[EVERYTHING]));
        for kind in (130..=137).chain([143]) {
            bench.ignore(Egress, &message(kind), "the host sends it by itself");
            bench.ignore(Ingress, &message(kind), "the host sends it by itself");
        }
        for kind in [0, 1, 128, 129, 138, 142, 144, 255] {
            assert_eq!(bench.hook(Egress, &message(kind)).code, REDIRECT, "{kind}");
        }
        let v4 = frame(&echo("10.0.0.1", "10.0.0.2"), Egress);
        assert_eq!(bench.hook(Egress, &v4).code, REDIRECT);
        let mut strange = message(133);
        strange[14 + 6] = 1;
        assert_eq!(bench.hook(Egress, &strange).code, REDIRECT, "IPv4's ICMP");
    });
}

/// What the kernel itself refuses to run on (it is shorter on newer kernels) is not asked.
fn truncated_headers() {
    let packets = [
        tcp("10.0.0.1:40000", "10.0.0.2:80"),
        tcp("[fd00::1]:40000", "[fd00::2]:80"),
        udp("10.0.0.1:40000", "10.0.0.2:53"),
        udp("[fd00::1]:40000", "[fd00::2]:53"),
    ];
    Bench::run(|bench| {
        bench.hold(&words::faults(&[EVERYTHING]));
        for packet in packets {
            let frame = frame(&packet.clone().data(0), Egress);
            let ip = if packet.is_v6() { 40 } else { 20 };
            // The ports of UDP stand in the first four bytes, TCP is read as a whole.
            let enough = 14 + ip + if packet.number() == 17 { 4 } else { 20 };
            for length in 14 + ip..enough {
                bench.ignore(Egress, &frame[..length], &format!("{length} of {packet:?}"));
            }
        }
    });
}

fn garbage() {
    let mut random = Random(7);
    Bench::run(|bench| {
        bench.hold(&words::faults(&[EVERYTHING]));
        for ether_type in [EtherType::IPV4, EtherType::IPV6] {
            for _ in 0..50 {
                let mut bytes: Vec<u8> =
                    (0..10).flat_map(|_| random.next().to_be_bytes()).collect();
                bytes[0] = wrong_version(bytes[0]);
                bench.ignore(Ingress, &raw(ether_type, &bytes), "a wrong version");
            }
        }
        let mut short = frame(&tcp("10.0.0.1:40000", "10.0.0.2:80"), Egress);
        short[14] = 0x44;
        bench.ignore(Egress, &short, "an IPv4 header of four words");
    });
}

fn everything_where_no_rule_is() {
    Bench::run(|bench| {
        for packet in [
            tcp("10.0.0.1:1", "10.0.0.2:2"),
            udp("[fd00::1]:1", "[fd00::2]:2"),
        ] {
            for way in [Egress, Ingress] {
                bench.ignore(way, &frame(&packet, way), "an empty table");
            }
        }
    });
}

/// A first byte whose version is neither 4 nor 6.
fn wrong_version(byte: u8) -> u8 {
    match byte >> 4 {
        4 | 6 => byte & 0x0f | 0x50,
        _ => byte,
    }
}

fn raw(ether_type: EtherType, payload: &[u8]) -> Vec<u8> {
    let [high, low] = ether_type.0.to_be_bytes();
    [&PEER_MAC[..], &LOCAL_MAC, &[high, low], payload].concat()
}

fn arp() -> Vec<u8> {
    let packet = ArpPacket::new(
        ArpHardwareId::ETHERNET,
        EtherType::IPV4,
        ArpOperation::REQUEST,
        &LOCAL_MAC,
        &[10, 0, 0, 1],
        &[0; 6],
        &[10, 0, 0, 2],
    );
    let builder = PacketBuilder::ethernet2(LOCAL_MAC, [0xff; 6]);
    let mut frame = Vec::new();
    let written = builder.arp(packet.expect("sizes of Ethernet and IPv4"));
    written.write(&mut frame).expect("a Vec takes bytes");
    frame
}

/// A datagram behind that many VLAN tags.
fn tagged(tags: usize) -> Vec<u8> {
    let mut frame = frame(&udp("10.0.0.1:40000", "10.0.0.2:53"), Egress);
    for _ in 0..tags {
        frame.splice(12..12, [0x81, 0x00, 0, 7]);
    }
    frame
}
