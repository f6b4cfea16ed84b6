//! The frames of packets, written by etherparse.

use std::net::IpAddr;

use chaos_abi::Direction;
use etherparse::{
    IpFragOffset, IpHeaders, IpNumber, Ipv4Header, Ipv6Header, PacketBuilder, TcpHeader,
    TcpOptionElement,
};

use super::packet::{Body, Packet, flags, macs};

/// Time to live of what is built here: none that the kernel side uses.
pub(crate) const TTL: u8 = 57;

/// Four bytes of IPv4 options: NOP, NOP, NOP, end of list (RFC 791 §3.1).
const IPV4_OPTIONS: [u8; 4] = [1, 1, 1, 0];

/// The frame of `packet` going that way, with valid lengths and checksums.
pub(crate) fn frame(packet: &Packet, way: Direction) -> Vec<u8> {
    let mut frame = unpadded(packet, way);
    frame.resize(frame.len() + packet.padding, 0);
    frame
}

fn unpadded(packet: &Packet, way: Direction) -> Vec<u8> {
    let (from, to) = packet.ends(way);
    let (source, destination) = macs(way);
    let start = PacketBuilder::ethernet2(source, destination).ip(ip(packet, way));
    let payload = vec![0x5a; packet.data];
    let mut frame = Vec::new();
    if !packet.has_ports() && packet.body != Body::Echo {
        let written = start.write_to_vec(&mut frame, IpNumber(packet.number()), &payload);
        written.expect("a packet's length");
        return frame;
    }
    match packet.body {
        Body::Tcp { .. } => start
            .tcp_header(segment(packet, way))
            .write_to_vec(&mut frame, &payload),
        Body::Udp => start
            .udp(from.port(), to.port())
            .write_to_vec(&mut frame, &payload),
        _ if packet.is_v6() => start
            .icmpv6_echo_request(7, 1)
            .write_to_vec(&mut frame, &payload),
        _ => start
            .icmpv4_echo_request(7, 1)
            .write_to_vec(&mut frame, &payload),
    }
    .expect("a packet's length");
    frame
}

fn ip(packet: &Packet, way: Direction) -> IpHeaders {
    let (from, to) = packet.ends(way);
    match (from.ip(), to.ip()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let mut header = Ipv4Header {
                time_to_live: TTL,
                dont_fragment: packet.fragment.is_none(),
                more_fragments: packet.fragment.is_some(),
                source: from.octets(),
                destination: to.octets(),
                ..Ipv4Header::default()
            };
            if packet.options {
                header.options = IPV4_OPTIONS.into();
            }
            let offset = packet.fragment.unwrap_or(0);
            header.fragment_offset = IpFragOffset::try_new(offset).expect("thirteen bits");
            IpHeaders::Ipv4(header, etherparse::Ipv4Extensions::default())
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            let header = Ipv6Header {
                hop_limit: TTL,
                source: from.octets(),
                destination: to.octets(),
                ..Ipv6Header::default()
            };
            IpHeaders::Ipv6(header, etherparse::Ipv6Extensions::default())
        }
        _ => panic!("both ends of a flow are of one family"),
    }
}

fn segment(packet: &Packet, way: Direction) -> TcpHeader {
    let Body::Tcp { seq, ack, flags } = packet.body else {
        panic!("only TCP has segments");
    };
    let (from, to) = packet.ends(way);
    let mut header = TcpHeader::new(from.port(), to.port(), seq, 4096);
    header.acknowledgment_number = ack;
    header.fin = flags & flags::FIN != 0;
    header.syn = flags & flags::SYN != 0;
    header.rst = flags & flags::RST != 0;
    header.psh = flags & flags::PSH != 0;
    header.ack = flags & flags::ACK != 0;
    if packet.options {
        let options = [
            TcpOptionElement::Timestamp(1, 2),
            TcpOptionElement::MaximumSegmentSize(1460),
        ];
        header.set_options(&options).expect("they fit");
    }
    header
}
