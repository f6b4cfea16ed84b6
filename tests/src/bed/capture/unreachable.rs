//! ICMP errors, read by an independent parser.

use std::net::IpAddr;

use etherparse::{
    Icmpv4Type, Icmpv6Type, LaxSlicedPacket, LinkExtSlice, LinkSlice, NetSlice, SlicedPacket,
    TransportSlice,
};

use super::FENCE_PORT;

/// Bytes of an Ethernet header.
const LINK: usize = 14;

/// An ICMP error that says that a destination is out of reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreachable {
    /// Source of the frame.
    pub from_mac: [u8; 6],
    /// Target of the frame.
    pub to_mac: [u8; 6],
    /// Source of the packet.
    pub from: IpAddr,
    /// Target of the packet.
    pub to: IpAddr,
    /// Its time to live.
    pub ttl: u8,
    /// Its code.
    pub code: u8,
    /// The packet that it quotes, and what may follow that.
    pub quote: Vec<u8>,
}

impl Unreachable {
    /// Those among some frames that do not answer a fence.
    pub(super) fn among(frames: &[&[u8]]) -> Vec<Self> {
        let all = frames.iter().filter(|frame| is_one(frame));
        let all = all.map(|frame| Self::read(frame));
        all.filter(|error| !error.answers_a_fence()).collect()
    }

    fn answers_a_fence(&self) -> bool {
        let quoted = LaxSlicedPacket::from_ip(&self.quote).expect("it quotes a packet");
        match quoted.transport {
            Some(TransportSlice::Udp(udp)) => udp.destination_port() == FENCE_PORT,
            _ => false,
        }
    }

    /// Reads a frame. Panics where its lengths or checksums are wrong, or it is no such error.
    pub fn read(frame: &[u8]) -> Self {
        let packet = SlicedPacket::from_ethernet(frame).expect("a frame that is whole");
        let Some(LinkSlice::Ethernet2(ethernet)) = &packet.link else {
            panic!("no Ethernet header: {packet:?}");
        };
        let tags = packet.link_exts.iter().map(LinkExtSlice::header_len);
        let link = LINK + tags.sum::<usize>();
        let (from, to, ttl, length) = match packet.net.as_ref().expect("an IP header") {
            NetSlice::Ipv4(ip) => {
                let header = ip.header().to_header();
                assert_eq!(header.header_checksum, header.calc_header_checksum());
                assert!(header.total_len <= 576, "what every host takes");
                (
                    IpAddr::V4(ip.header().source_addr()),
                    IpAddr::V4(ip.header().destination_addr()),
                    header.time_to_live,
                    usize::from(header.total_len),
                )
            }
            NetSlice::Ipv6(ip) => {
                let header = ip.header().to_header();
                assert!(header.payload_length <= 1240, "the least MTU");
                (
                    IpAddr::V6(header.source_addr()),
                    IpAddr::V6(header.destination_addr()),
                    header.hop_limit,
                    usize::from(header.payload_length) + 40,
                )
            }
            NetSlice::Arp(_) => panic!("not IP: {packet:?}"),
        };
        assert_eq!(frame.len(), link + length, "the IP header says its length");
        let (code, quote) = message(packet.transport.as_ref(), from, to);
        let quote = quote.to_vec();
        Self {
            from_mac: ethernet.source(),
            to_mac: ethernet.destination(),
            from,
            to,
            ttl,
            code,
            quote,
        }
    }
}

/// The code of an error and what it quotes.
fn message<'a>(transport: Option<&TransportSlice<'a>>, from: IpAddr, to: IpAddr) -> (u8, &'a [u8]) {
    match (transport, from, to) {
        (Some(TransportSlice::Icmpv4(icmp)), _, _) => {
            let Icmpv4Type::DestinationUnreachable(_) = icmp.icmp_type() else {
                panic!("another message: {icmp:?}");
            };
            let sum = icmp.icmp_type().calc_checksum(icmp.payload());
            assert_eq!(icmp.checksum(), sum);
            (icmp.code_u8(), icmp.payload())
        }
        (Some(TransportSlice::Icmpv6(icmp)), IpAddr::V6(from), IpAddr::V6(to)) => {
            let Icmpv6Type::DestinationUnreachable(_) = icmp.icmp_type() else {
                panic!("another message: {icmp:?}");
            };
            assert!(icmp.is_checksum_valid(from.octets(), to.octets()));
            (icmp.code_u8(), icmp.payload())
        }
        _ => panic!("not ICMP: {transport:?}"),
    }
}

fn is_one(frame: &[u8]) -> bool {
    let packet = SlicedPacket::from_ethernet(frame).ok();
    match packet.and_then(|packet| packet.transport) {
        Some(TransportSlice::Icmpv4(icmp)) => icmp.type_u8() == 3,
        Some(TransportSlice::Icmpv6(icmp)) => icmp.type_u8() == 1,
        _ => false,
    }
}
