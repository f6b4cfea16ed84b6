//! `reject`: an attempt is answered with the error that its rule names, and goes no further; what is no
//! attempt passes.

use chaos_abi::Answer::{self, Admin, Host, Port};
use chaos_abi::Direction::{self, Egress, Ingress};
use chaos_tests::bed::Unreachable;
use chaos_tests::promises;

use crate::bench::expect::{Expect, answered, awaited, passes, refused, reset, vanishes};
use crate::bench::fixture::{Fixture, Step, arrives, check, leaves};
use crate::bench::frame::frame;
use crate::bench::packet::{Packet, echo, flags, other, tcp, udp};
use crate::bench::{Bench, REDIRECT, words};

promises! {
    []
    an_attempt_to_connect_is_refused,
    a_datagram_is_answered,
    with_a_rst_on_request,
    what_is_no_attempt_passes,
    what_went_to_many_is_not_answered,
    fragments_after_the_first_vanish,
    a_long_datagram_is_quoted_as_far_as_errors_go,
    tags_and_extension_headers_are_quoted,
    a_stronger_action_outranks_it,
    where_no_more_answers_can_wait_the_hook_sends_them
}

const ANSWERS: [(&str, Answer); 4] = [
    ("faults: {reject: {}}", Port),
    ("faults: {reject: {with: IcmpPort}}", Port),
    ("faults: {reject: {with: IcmpHost}}", Host),
    ("faults: {reject: {with: IcmpAdmin}}", Admin),
];

fn syn(local: &str, peer: &str) -> Packet {
    tcp(local, peer).flags(flags::SYN).data(0)
}

fn both(packet: &Packet, expect: &Expect) -> [Step; 2] {
    [
        leaves(packet.clone(), expect.clone()),
        arrives(packet.clone(), expect.clone()),
    ]
}

fn an_attempt_to_connect_is_refused() {
    let syns = [
        syn("10.0.0.1:40000", "10.0.0.2:80"),
        syn("10.0.0.1:40000", "10.0.0.2:80").options(),
        syn("[fd00::1]:40000", "[fd00::2]:80"),
        syn("[fd00::1]:40000", "[fd00::2]:80").options().data(500),
    ];
    for (words, answer) in ANSWERS {
        let steps = syns.iter().flat_map(|syn| both(syn, &awaited(0, answer)));
        check(&[Fixture {
            what: "SYN",
            faults: &[words],
            steps: steps.collect(),
        }]);
    }
}

fn a_datagram_is_answered() {
    for (words, answer) in ANSWERS {
        let of = |local: &str, peer: &str| {
            let lengths = [0, 1, 2, 3, 33, 63, 64, 65, 400];
            let each = lengths.map(|data| udp(local, peer).data(data));
            let padded = [udp(local, peer).data(1).padding(5)];
            each.into_iter().chain(padded)
        };
        let all = of("10.0.0.1:40000", "10.0.0.2:53").chain(of("[fd00::1]:1", "[fd00::2]:2"));
        let steps = all.flat_map(|packet| both(&packet, &answered(0, answer)));
        check(&[Fixture {
            what: "UDP",
            faults: &[words],
            steps: steps.collect(),
        }]);
    }
}

fn with_a_rst_on_request() {
    let established = tcp("10.0.0.1:40000", "10.0.0.2:80");
    check(&[Fixture {
        what: "a RST, to TCP alone",
        faults: &["faults: {reject: {with: TcpReset}}"],
        steps: vec![
            leaves(syn("10.0.0.1:40000", "10.0.0.2:80"), refused(0)),
            arrives(syn("[fd00::1]:40000", "[fd00::2]:80").options(), refused(0)),
            leaves(established, passes().let_on(0)),
            leaves(udp("10.0.0.1:40000", "10.0.0.2:53"), passes()),
        ],
    }]);
}

fn what_is_no_attempt_passes() {
    let with = |with| tcp("10.0.0.1:40000", "10.0.0.2:80").flags(with);
    let packets = [
        with(flags::PSH | flags::ACK),
        with(flags::SYN | flags::ACK).data(0),
        with(flags::FIN | flags::ACK).data(0),
        with(flags::RST).data(0),
        with(flags::SYN | flags::RST).data(0),
        tcp("10.0.0.1:40000", "10.0.0.2:80").data(64).fragment(9),
        echo("10.0.0.1", "10.0.0.2"),
        echo("fd00::1", "fd00::2"),
        other(47, "10.0.0.1", "10.0.0.2"),
    ];
    let pass = |packet: &Packet| both(packet, &passes().let_on(0));
    check(&[Fixture {
        what: "established connections, ICMP and other protocols",
        faults: &["faults: {reject: {}}"],
        steps: packets.iter().flat_map(pass).collect(),
    }]);
}

fn what_went_to_many_is_not_answered() {
    let to = |peer: &str| leaves(udp("10.0.0.1:5353", peer), vanishes(0));
    check(&[Fixture {
        what: "multicast, broadcast, and from nobody",
        faults: &["faults: {reject: {}}"],
        steps: vec![
            to("224.0.0.251:5353"),
            to("255.255.255.255:67"),
            to("240.0.0.1:1"),
            leaves(udp("0.0.0.0:68", "10.0.0.2:67"), vanishes(0)),
            leaves(udp("[fd00::1]:5353", "[ff02::fb]:5353"), vanishes(0)),
            leaves(udp("[::]:68", "[fd00::2]:67"), vanishes(0)),
            arrives(udp("10.0.0.1:5353", "224.0.0.251:5353"), vanishes(0)),
        ],
    }]);
    Bench::run(|bench| {
        bench.hold(&words::faults(&["faults: {reject: {}}"]));
        let mut broadcast = frame(&udp("10.0.0.1:68", "10.0.0.255:67"), Egress);
        broadcast[..6].fill(0xff);
        let verdict = bench.hook(Egress, &broadcast);
        assert_eq!((verdict.code, verdict.frame), (REDIRECT, broadcast));
        assert_eq!(bench.counted(0).dropped, 1, "a broadcast of the link");
    });
}

fn fragments_after_the_first_vanish() {
    let first = || udp("10.0.0.1:40000", "10.0.0.2:53").data(64).fragment(0);
    let later = || udp("10.0.0.1:40000", "10.0.0.2:53").data(64).fragment(9);
    check(&[
        Fixture {
            what: "in order",
            faults: &["traffic: {peers: [{ports: [{port: 53}]}]}, faults: {reject: {}}"],
            steps: vec![
                leaves(later(), passes()),
                leaves(first(), answered(0, Port)),
                // Its ports are those of the first, which the bench does not know.
            ],
        },
        Fixture {
            what: "by a rule without ports",
            faults: &["traffic: {protocol: UDP}, faults: {reject: {}}"],
            steps: vec![arrives(later(), vanishes(0))],
        },
    ]);
    Bench::run(|bench| {
        bench.hold(&words::faults(&[
            "traffic: {peers: [{ports: [{port: 53}]}]}, faults: {reject: {}}",
        ]));
        bench.hook(Egress, &frame(&first(), Egress));
        bench.hook(Egress, &frame(&later(), Egress));
        let counted = bench.counted(0);
        assert_eq!((counted.refused, counted.dropped), (1, 1));
    });
}

fn a_long_datagram_is_quoted_as_far_as_errors_go() {
    let long = |data| {
        [
            udp("10.0.0.1:40000", "10.0.0.2:53").data(data),
            udp("[fd00::1]:40000", "[fd00::2]:53").data(data),
        ]
    };
    let packets = [519, 520, 521, 1183, 1184, 1185, 1400, 3_000].map(long);
    let steps = packets.iter().flatten();
    check(&[Fixture {
        what: "at the edges and far beyond them",
        faults: &["faults: {reject: {}}"],
        steps: steps
            .flat_map(|packet| both(packet, &answered(0, Port)))
            .collect(),
    }]);
}

/// `between` stands behind the IPv6 header, whose next header is `next`; `link` behind the addresses.
fn widened(packet: &Packet, way: Direction, link: &[u8], between: &[u8], next: u8) -> Vec<u8> {
    let mut frame = frame(packet, way);
    let length = u16::from_be_bytes([frame[18], frame[19]]);
    let length = length + u16::try_from(between.len()).expect("a few");
    frame[18..20].copy_from_slice(&length.to_be_bytes());
    if !between.is_empty() {
        frame[20] = next;
    }
    frame.splice(54..54, between.iter().copied());
    frame.splice(12..12, link.iter().copied());
    frame
}

fn tags_and_extension_headers_are_quoted() {
    let packet = udp("[fd00::1]:40000", "[fd00::2]:53");
    let hop = [17, 0, 1, 4, 0, 0, 0, 0];
    let (tag, service) = ([0x81, 0, 0, 7], [0x88, 0xa8, 0, 9, 0x81, 0, 0, 7]);
    Bench::run(|bench| {
        bench.hold(&words::faults(&["faults: {reject: {}}"]));
        for way in [Egress, Ingress] {
            for link in [&[][..], &tag, &service] {
                for between in [&[][..], &hop] {
                    let went = widened(&packet, way, link, between, 0);
                    let verdict = bench.hook(way, &went);
                    assert_eq!(verdict.code, REDIRECT);
                    let l3 = 14 + link.len();
                    assert_eq!(verdict.frame[12..l3], went[12..l3], "the tags stay");
                    let error = Unreachable::read(&verdict.frame);
                    assert_eq!(error.quote, went[l3..], "all of it is quoted");
                }
            }
        }
        assert_eq!(bench.counted(0).refused, 12);
    });
}

fn a_stronger_action_outranks_it() {
    let syn = || syn("10.0.0.1:40000", "10.0.0.2:80");
    let data = || tcp("10.0.0.1:40000", "10.0.0.2:80");
    check(&[
        Fixture {
            what: "a blackhole",
            faults: &["faults: {reject: {}}", "faults: {blackhole: {}}"],
            steps: vec![
                leaves(syn(), vanishes(1).outranked(0)),
                leaves(data(), vanishes(1).let_on(0)),
            ],
        },
        Fixture {
            what: "and a reset is weaker, which cuts what reject lets go on",
            faults: &["faults: {reject: {with: IcmpHost}, reset: {}}"],
            steps: vec![
                leaves(syn(), awaited(0, Host).outranked(1)),
                leaves(data(), reset(1).let_on(0)),
            ],
        },
        Fixture {
            what: "one that is not drawn",
            faults: &["faults: {reject: {probability: 0%}}"],
            steps: vec![
                leaves(syn(), passes().undrawn(0)),
                leaves(data(), passes().let_on(0)),
            ],
        },
    ]);
}

fn where_no_more_answers_can_wait_the_hook_sends_them() {
    let syn = syn("[fd00::1]:40000", "[fd00::2]:80");
    let went = frame(&syn, Ingress);
    Bench::run(|bench| {
        bench.hold(&words::faults(&["faults: {reject: {}}"]));
        let codes: Vec<i32> = (0..200).map(|_| bench.hook(Ingress, &went).code).collect();
        let waiting = bench.door.pending().len();
        assert!((100..200).contains(&waiting), "{waiting} answers wait");
        let sent = codes.iter().filter(|code| **code == REDIRECT).count();
        assert_eq!(sent + waiting, 200);
        assert_eq!(bench.counted(0).refused, 200);
        bench.dataplane.drain();
    });
}
