//! What stands between Ethernet and TCP: rules look behind it, and a RST keeps it.

use std::net::{IpAddr, SocketAddr};

use chaos_abi::Direction::{Egress, Ingress};
use chaos_tests::promises;
use etherparse::{NetSlice, SlicedPacket, TransportSlice};

use crate::bench::frame::frame;
use crate::bench::packet::{Packet, echo, flags, tcp, udp};
use crate::bench::{Bench, NEXT, REDIRECT, SHOT, words};

promises! {
    []
    a_reset_keeps_tags_and_extension_headers,
    the_answer_to_a_first_fragment_is_whole,
    fragments_share_the_fate_of_the_first,
    an_icmp_error_meets_the_rules_of_the_flow_it_quotes
}

/// A segment of one flow, behind `link` after the MAC addresses and `between` after the IPv6 header.
fn segment(link: &[u8], between: &[u8], next: u8) -> Vec<u8> {
    let mut frame = frame(&v6(), Egress);
    let length =
        u16::from_be_bytes([frame[18], frame[19]]) + u16::try_from(between.len()).expect("a few");
    frame[18..20].copy_from_slice(&length.to_be_bytes());
    if !between.is_empty() {
        frame[20] = next;
    }
    frame.splice(54..54, between.iter().copied());
    frame.splice(12..12, link.iter().copied());
    frame
}

fn v6() -> Packet {
    tcp("[fd00::1]:40000", "[fd00::2]:80").flags(flags::ACK | flags::PSH)
}

/// Panics unless `answer` is a whole RST from the peer, behind as many bytes as the segment was.
fn must_be_a_rst(answer: &[u8], link: usize, between: usize) {
    let packet = SlicedPacket::from_ethernet(answer).expect("a frame that is whole");
    let Some(NetSlice::Ipv6(ip)) = &packet.net else {
        panic!("not IPv6: {packet:?}");
    };
    let Some(TransportSlice::Tcp(rst)) = &packet.transport else {
        panic!("not TCP: {packet:?}");
    };
    let header = ip.header();
    assert_eq!(answer.len(), 14 + link + 40 + between + 20);
    assert_eq!(usize::from(header.payload_length()), between + 20);
    let from = SocketAddr::new(IpAddr::V6(header.source_addr()), rst.source_port());
    assert_eq!(from, v6().peer);
    assert!(rst.rst() && !rst.ack());
    let (source, target) = (header.source(), header.destination());
    let sum = rst.calc_checksum_ipv6(source, target);
    assert_eq!(rst.checksum(), sum.expect("a RST is short"));
}

fn a_reset_keeps_tags_and_extension_headers() {
    let hop = [6, 0, 1, 4, 0, 0, 0, 0];
    let destination = [6, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let chain = [&[60, 0, 1, 4, 0, 0, 0, 0][..], &destination].concat();
    let tag = [0x81, 0x00, 0, 7];
    let service = [0x88, 0xa8, 0, 9, 0x81, 0x00, 0, 7];
    let links = [&[][..], &tag, &service];
    let betweens = [(&[][..], 6), (&hop[..], 0), (&chain[..], 0)];
    Bench::run(|bench| {
        bench.hold(&words::faults(&["faults: {reset: {}}"]));
        for link in links {
            for (between, next) in betweens {
                let verdict = bench.hook(Egress, &segment(link, between, next));
                assert_eq!(verdict.code, REDIRECT);
                must_be_a_rst(&verdict.frame, link.len(), between.len());
            }
        }
        assert_eq!(bench.counted(0).reset, 9);
    });
}

fn the_answer_to_a_first_fragment_is_whole() {
    let first = [6, 0, 0, 1, 1, 2, 3, 4];
    Bench::run(|bench| {
        bench.hold(&words::faults(&["faults: {reset: {}}"]));
        let verdict = bench.hook(Egress, &segment(&[], &first, 44));
        assert_eq!(
            verdict.frame[54..58],
            [6, 0, 0, 0],
            "no more fragments follow"
        );
        must_be_a_rst(&verdict.frame, 0, 8);
        let later = segment(&[], &[6, 0, 0, 8, 1, 2, 3, 4], 44);
        assert_eq!(bench.hook(Egress, &later).frame, later);
        assert_eq!(bench.hook(Ingress, &later).code, NEXT, "nobody's fragment");
        let counted = bench.counted(0);
        assert_eq!(
            (counted.reset, counted.dropped, counted.let_through),
            (1, 1, 1)
        );
    });
}

fn fragments_share_the_fate_of_the_first() {
    let half = "traffic: {peers: [{ports: [{port: 53}]}]}, faults: {blackhole: {probability: 50%}}";
    Bench::run(|bench| {
        bench.hold(&words::faults(&[half]));
        let mut fates = Vec::new();
        for ident in 0..200_u16 {
            let piece = |offset: u16| {
                let source = format!("10.0.0.1:{}", 1_000 + ident);
                let packet = udp(&source, "10.0.0.2:53").data(64).fragment(offset);
                let mut frame = frame(&packet, Egress);
                frame[18..20].copy_from_slice(&ident.to_be_bytes());
                frame
            };
            let pieces = [0, 9, 18, 27, 36].map(|offset| bench.hook(Egress, &piece(offset)).code);
            assert!(pieces.iter().all(|code| *code == pieces[0]), "{pieces:?}");
            fates.push(pieces[0]);
        }
        let lost = fates.iter().filter(|code| **code == REDIRECT).count();
        assert!((65..135).contains(&lost), "{lost} of 200 at a half");
    });
}

fn an_icmp_error_meets_the_rules_of_the_flow_it_quotes() {
    let went = frame(&tcp("10.0.0.1:40000", "10.0.0.2:80"), Egress);
    let error = |quoted: &[u8]| {
        let mut frame = frame(&echo("10.0.0.1", "192.0.2.9").data(0), Ingress);
        frame[34] = 3;
        [&frame[..], quoted].concat()
    };
    let to = |words: &str| format!("traffic: {{{words}}}, faults: {{blackhole: {{}}}}");
    let port = to("peers: [{ipBlock: {cidr: 10.0.0.2/32}, ports: [{port: 80}]}]");
    let icmp = to("protocol: ICMP, peers: [{ipBlock: {cidr: 192.0.2.9/32}}]");
    let another = to("peers: [{ipBlock: {cidr: 10.0.0.2/32}, ports: [{port: 81}]}]");
    Bench::run(|bench| {
        for (words, code) in [(&port, SHOT), (&icmp, SHOT), (&another, NEXT)] {
            bench.hold(&words::faults(&[words]));
            let verdict = bench.hook(Ingress, &error(&went[14..]));
            assert_eq!(verdict.code, code, "{words}");
            bench.start_over();
        }
    });
}
