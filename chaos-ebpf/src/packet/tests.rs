//! Packets as they are read from frames that etherparse built.

use chaos_abi::{Direction, Flow, Protocol, mapped};
use etherparse::{
    IpFragOffset, IpHeaders, Ipv4Extensions, Ipv4Header, Ipv6Extensions, Ipv6Header, PacketBuilder,
    TcpHeader,
};
use proptest::prelude::*;

use super::{Glance, Packet, tcp};

const WAYS: [Direction; 2] = [Direction::Ingress, Direction::Egress];

fn fresh(frame: &[u8], way: Direction) -> Packet {
    let mut packet = Packet::default();
    packet.read(frame, way).expect("a whole packet");
    packet
}

/// An IPv4 header between 10.0.0.1 and 10.0.0.2 with as many words of options, and what follows.
fn ipv4(option_words: usize, fragment: Option<u16>) -> IpHeaders {
    let mut header = Ipv4Header {
        source: [10, 0, 0, 1],
        destination: [10, 0, 0, 2],
        ..Ipv4Header::default()
    };
    header.options = [1; 40][..option_words * 4].try_into().unwrap();
    header.more_fragments = fragment.is_some();
    header.fragment_offset = IpFragOffset::try_new(fragment.unwrap_or(0)).unwrap();
    IpHeaders::Ipv4(header, Ipv4Extensions::default())
}

fn ipv6() -> IpHeaders {
    let header = Ipv6Header {
        source: [0xfd; 16],
        destination: [0x20; 16],
        ..Ipv6Header::default()
    };
    IpHeaders::Ipv6(header, Ipv6Extensions::default())
}

fn segment(ip: IpHeaders, header: TcpHeader) -> Vec<u8> {
    let mut frame = Vec::new();
    let builder = PacketBuilder::ethernet2([2; 6], [4; 6]).ip(ip);
    builder
        .tcp_header(header)
        .write(&mut frame, b"data")
        .unwrap();
    frame
}

fn datagram(ip: IpHeaders) -> Vec<u8> {
    let mut frame = Vec::new();
    let builder = PacketBuilder::ethernet2([2; 6], [4; 6]).ip(ip);
    builder.udp(40000, 53).write(&mut frame, b"data").unwrap();
    frame
}

fn echo(ip: IpHeaders) -> Vec<u8> {
    let mut frame = Vec::new();
    let builder = PacketBuilder::ethernet2([2; 6], [4; 6]).ip(ip);
    builder
        .icmpv4_echo_request(1, 2)
        .write(&mut frame, b"data")
        .unwrap();
    frame
}

proptest! {
    #[test]
    fn a_segment_is_read_from_the_target_s_end(
        ports in any::<(u16, u16)>(), numbers in any::<(u32, u32)>(), ack in any::<bool>(), v6 in any::<bool>(),
    ) {
        let mut header = TcpHeader::new(ports.0, ports.1, numbers.0, 1024);
        header.acknowledgment_number = numbers.1;
        (header.syn, header.ack) = (true, ack);
        let (ip, source, target, l4) = if v6 {
            (ipv6(), [0xfd; 16], [0x20; 16], 54)
        } else {
            (ipv4(0, None), mapped([10, 0, 0, 1]), mapped([10, 0, 0, 2]), 34)
        };
        let frame = segment(ip, header);
        for way in WAYS {
            let packet = fresh(&frame, way);
            let (local, peer, local_port, peer_port) = match way {
                Direction::Egress => (source, target, ports.0, ports.1),
                Direction::Ingress => (target, source, ports.1, ports.0),
            };
            let flow = Flow {
                local,
                peer,
                local_port: local_port.to_be_bytes(),
                peer_port: peer_port.to_be_bytes(),
                protocol: 6,
                _pad: [0; 3],
            };
            prop_assert_eq!(packet.flow, flow);
            prop_assert_eq!((packet.l4, packet.seq, packet.ack), (l4, numbers.0, numbers.1));
            prop_assert_eq!(packet.flags, tcp::SYN | if ack { tcp::ACK } else { 0 });
            prop_assert_eq!((packet.opens(), packet.is_v6()), (!ack, v6));
            prop_assert_eq!(packet.direction(), way);
            prop_assert!(packet.has_ports() && packet.is_segment());
        }
    }

    #[test]
    fn ipv4_options_are_skipped(words in 0_usize..=10) {
        let packet = fresh(&datagram(ipv4(words, None)), Direction::Egress);
        prop_assert_eq!(packet.l4 as usize, 34 + words * 4);
        prop_assert_eq!(packet.flow.local_port, 40000_u16.to_be_bytes());
        prop_assert_eq!(packet.flow.peer_port, 53_u16.to_be_bytes());
    }

    #[test]
    fn nothing_stays_of_the_packet_before(
        bytes in any::<[u8; 60]>(), way in proptest::sample::select(WAYS.to_vec()), v6 in any::<bool>(),
    ) {
        let mut packet = Packet::default();
        let kind = if v6 { [0x86, 0xdd, 0x60] } else { [0x08, 0x00, 0x46] };
        let before = [&[0; 12][..], &kind, &bytes, &bytes].concat();
        let _ = packet.read(&before[..], Direction::Egress);
        for frame in [datagram(ipv4(1, None)), datagram(ipv4(0, Some(1))), datagram(ipv6())] {
            let mut reused = packet;
            reused.read(&frame[..], way).unwrap();
            prop_assert_eq!(reused, fresh(&frame, way));
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        kind in proptest::sample::select(vec![[0x08, 0x00], [0x86, 0xdd], [0x81, 0x00]]),
        way in proptest::sample::select(WAYS.to_vec()),
    ) {
        let frame = [&[2; 12][..], &kind, &bytes].concat();
        let mut packet = Packet::default();
        if packet.read(&frame[..], way).is_some() {
            prop_assert!(packet.l3 >= 14 && packet.l3 <= 22 && packet.l4 > packet.l3);
            prop_assert!(!packet.is_segment() || packet.l4 as usize + 20 <= frame.len());
        }
    }
}

#[test]
fn both_directions_are_one_flow() {
    let there = segment(ipv4(0, None), TcpHeader::new(40000, 80, 1, 2));
    let mut ip = Ipv4Header {
        source: [10, 0, 0, 2],
        destination: [10, 0, 0, 1],
        ..Ipv4Header::default()
    };
    ip.time_to_live = 9;
    let ip = IpHeaders::Ipv4(ip, Ipv4Extensions::default());
    let back = segment(ip, TcpHeader::new(80, 40000, 3, 4));
    let (there, back) = (
        fresh(&there, Direction::Egress),
        fresh(&back, Direction::Ingress),
    );
    assert_eq!(there.flow, back.flow);
}

#[test]
fn only_the_first_fragment_has_ports() {
    let first = fresh(&datagram(ipv4(0, Some(0))), Direction::Egress);
    assert!(first.has_ports());
    for offset in [1, 31, 32, 256, 8191] {
        let later = fresh(&datagram(ipv4(0, Some(offset))), Direction::Egress);
        assert!(!later.has_ports(), "offset {offset}");
        assert_eq!(later.flow.local_port, [0; 2]);
        assert_eq!(later.protocol(), Protocol::Udp);
    }
    let mut later = segment(ipv4(0, Some(7)), TcpHeader::new(1, 2, 3, 4));
    assert!(!fresh(&later, Direction::Egress).is_segment());
    // The flags beside the offset are no part of it.
    later[20..22].copy_from_slice(&[0xe0, 0]);
    assert!(fresh(&later, Direction::Egress).is_segment());
}

#[test]
fn icmp_has_no_ports() {
    let packet = fresh(&echo(ipv4(0, None)), Direction::Ingress);
    assert_eq!(packet.protocol(), Protocol::Icmp);
    assert!(!packet.has_ports());
    assert_eq!(
        (packet.flow.local_port, packet.flow.peer_port),
        ([0; 2], [0; 2])
    );
}

#[test]
fn up_to_two_tags_are_looked_behind() {
    let plain = datagram(ipv4(0, None));
    let tagged = |tags: &[[u8; 2]]| {
        let tags = tags.iter().flat_map(|tag| [tag[0], tag[1], 0, 7]);
        let tags: Vec<u8> = tags.collect();
        [&plain[..12], &tags, &plain[12..]].concat()
    };
    let (customer, service) = ([0x81, 0x00], [0x88, 0xa8]);
    for tags in [&[customer][..], &[service, customer], &[customer, customer]] {
        let packet = fresh(&tagged(tags), Direction::Egress);
        assert_eq!(packet.flow, fresh(&plain, Direction::Egress).flow);
        assert_eq!(packet.l3 as usize, 14 + tags.len() * 4);
    }
    let read = Packet::default().read(&tagged(&[customer; 3])[..], Direction::Egress);
    assert_eq!(read, None);
}

/// An IPv6 datagram with these headers before UDP's, each with its own number.
fn extended(headers: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut frame = datagram(ipv6());
    let mut next = 17;
    for (number, header) in headers.iter().rev() {
        let mut header = header.clone();
        header[0] = std::mem::replace(&mut next, *number);
        frame.splice(54..54, header);
    }
    frame[14 + 6] = next;
    frame
}

#[test]
fn extension_headers_are_looked_behind() {
    let long = |words: usize| {
        let mut header = vec![0; (words + 1) * 8];
        header[1] = u8::try_from(words).unwrap();
        header
    };
    let mut authentication = vec![0; 24];
    authentication[1] = 4;
    let headers = [
        (0, long(0)),
        (60, long(3)),
        (43, long(1)),
        (44, long(0)),
        (51, authentication),
        (135, long(0)),
        (60, long(255)),
        (60, long(0)),
    ];
    for count in 0..=headers.len() {
        let frame = extended(&headers[..count]);
        let packet = fresh(&frame, Direction::Ingress);
        assert_eq!(packet.protocol(), Protocol::Udp, "{count}");
        assert_eq!(packet.l4 as usize, frame.len() - 12);
        assert_eq!(packet.flow.peer_port, 40000_u16.to_be_bytes());
    }
    let nine = [&headers[..], &[(60, long(0))]].concat();
    let packet = fresh(&extended(&nine), Direction::Ingress);
    assert_eq!(
        (packet.protocol(), packet.has_ports()),
        (Protocol::Other, false)
    );
    let cut = &extended(&headers)[..80];
    assert_eq!(Packet::default().read(cut, Direction::Ingress), None);
}

#[test]
fn fragments_of_one_packet_have_one_key_and_those_after_the_first_continue_it() {
    let piece = |word: u16| {
        let [high, low] = word.to_be_bytes();
        let header = (44, vec![0, 0, high, low, 1, 2, 3, 4]);
        fresh(&extended(&[header]), Direction::Egress)
    };
    let (first, mut later, whole) = (piece(1), piece(8), piece(0));
    assert!(first.is_first_fragment() && later.is_later_fragment());
    assert!(!whole.is_first_fragment() && !whole.is_later_fragment());
    assert_eq!(first.fragment_key(), later.fragment_key());
    assert!(first.has_ports() && !later.has_ports());
    later.continues(&first.fragment_flow());
    assert_eq!((later.flow, later.has_ports()), (first.flow, true));
    assert!(!later.is_segment());
}

#[test]
fn the_flow_of_an_icmp_error_is_the_one_it_quotes_turned_round() {
    let went = fresh(&datagram(ipv4(0, None)), Direction::Egress);
    let router = Ipv4Header {
        source: [192, 0, 2, 1],
        destination: [10, 0, 0, 1],
        ..Ipv4Header::default()
    };
    let error = |kind: u8, quoted: &[u8]| {
        let router = IpHeaders::Ipv4(router.clone(), Ipv4Extensions::default());
        let mut frame = echo(router);
        frame.truncate(14 + 20 + 8);
        frame[34] = kind;
        frame.extend(quoted);
        fresh(&frame, Direction::Ingress)
    };
    let quoted = &datagram(ipv4(0, None))[14..];
    for kind in [3, 4, 5, 11, 12] {
        let packet = error(kind, quoted);
        assert_eq!((packet.flow, packet.identities()), (went.flow, 2));
        assert_eq!(packet.direction(), Direction::Ingress);
        assert_eq!(*packet.outer(), mapped([192, 0, 2, 1]));
    }
    assert_eq!(error(8, quoted).identities(), 1, "no error");
    let short = error(3, &quoted[..23]);
    assert_eq!(short.identities(), 1, "a quote without ports");
    assert_eq!(short.flow.peer, mapped([192, 0, 2, 1]));
}

#[test]
fn a_plain_packet_is_known_at_a_glance_and_no_other() {
    let tcp = |ip| segment(ip, TcpHeader::new(40000, 53, 0, 1024));
    let mut tagged = datagram(ipv4(0, None));
    tagged.splice(12..12, [0x81, 0, 0, 7]);
    let fragments = [0, 9].map(|at| tcp(ipv4(0, Some(at))));
    let others = [tcp(ipv4(1, None)), echo(ipv4(0, None)), tagged];
    let plain = [tcp(ipv4(0, None)), tcp(ipv6()), datagram(ipv4(0, None))];
    for way in WAYS {
        for frame in &plain {
            let glance = Glance::at(&frame[..], way, false).expect("it is plain");
            let packet = fresh(frame, way);
            let ports = (packet.flow.local_port, packet.flow.peer_port);
            assert_eq!((glance.local, glance.peer), ports);
            assert_eq!(glance.traits, packet.traits());
        }
        for frame in others.iter().chain(&fragments) {
            assert_eq!(Glance::at(&frame[..], way, false), None, "{frame:02x?}");
        }
    }
}
