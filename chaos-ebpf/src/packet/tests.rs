//! Packets as they are read from frames that etherparse built.

use chaos_abi::{Direction, Flow, Protocol, mapped};
use etherparse::{
    IpFragOffset, IpHeaders, Ipv4Extensions, Ipv4Header, Ipv6Extensions, Ipv6Header, PacketBuilder,
    TcpHeader,
};
use proptest::prelude::*;

use super::{IPV4_HEADER, IPV6_HEADER, L3, Packet, tcp};

const WAYS: [Direction; 2] = [Direction::Ingress, Direction::Egress];

/// Reads a frame as the hooks do.
fn read(packet: &mut Packet, frame: &[u8], way: Direction) -> Option<()> {
    match u16::from_be_bytes([frame[12], frame[13]]) {
        0x0800 => packet.ipv4(frame[L3 as usize..].first_chunk()?, way)?,
        0x86dd => packet.ipv6(frame[L3 as usize..].first_chunk()?, way)?,
        _ => return None,
    }
    let l4 = frame.get(packet.l4 as usize..)?;
    if packet.is_segment() {
        packet.tcp(l4.first_chunk()?);
    } else if packet.has_ports() {
        packet.ports(l4.first_chunk()?);
    }
    Some(())
}

fn fresh(frame: &[u8], way: Direction) -> Packet {
    let mut packet = Packet::default();
    read(&mut packet, frame, way).expect("a whole packet");
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
        before in any::<[u8; 60]>(), way in proptest::sample::select(WAYS.to_vec()),
    ) {
        let mut packet = Packet::default();
        let _ = packet.ipv6(before.first_chunk().unwrap(), Direction::Egress);
        packet.tcp(before.last_chunk().unwrap());
        for frame in [datagram(ipv4(1, None)), datagram(ipv4(0, Some(1))), datagram(ipv6())] {
            let mut reused = packet;
            read(&mut reused, &frame, way).unwrap();
            prop_assert_eq!(reused, fresh(&frame, way));
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(
        v4 in any::<[u8; IPV4_HEADER]>(), v6 in any::<[u8; IPV6_HEADER]>(),
    ) {
        let mut packet = Packet::default();
        let is_v4 = v4[0] >> 4 == 4 && v4[0] & 0x0f >= 5;
        prop_assert_eq!(packet.ipv4(&v4, Direction::Egress).is_some(), is_v4);
        prop_assert_eq!(packet.ipv6(&v6, Direction::Egress).is_some(), v6[0] >> 4 == 6);
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
