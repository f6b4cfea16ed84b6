//! RST segments: what a frame holds, and what one must hold.

use std::net::{IpAddr, SocketAddr};

use chaos_abi::Direction;
use etherparse::{NetSlice, SlicedPacket, TransportSlice};

use super::frame::TTL;
use super::packet::{Body, Packet, flags, macs};

/// Time to live of a RST that is sent back: as of a packet that starts here.
const FRESH_TTL: u8 = 64;

/// A RST segment without options and data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rst {
    from_mac: [u8; 6],
    to_mac: [u8; 6],
    from: SocketAddr,
    to: SocketAddr,
    ttl: u8,
    seq: u32,
    ack: u32,
    flags: u8,
}

impl Rst {
    /// Reads a frame. Panics where its lengths or checksums are wrong, or it holds more than a RST.
    pub(crate) fn read(frame: &[u8]) -> Self {
        let packet = SlicedPacket::from_ethernet(frame).expect("a frame that is whole");
        let ethernet = packet.link.as_ref().and_then(|link| match link {
            etherparse::LinkSlice::Ethernet2(header) => Some(header),
            _ => None,
        });
        let ethernet = ethernet.expect("an Ethernet header");
        let Some(TransportSlice::Tcp(segment)) = &packet.transport else {
            panic!("not TCP: {packet:?}");
        };
        assert_eq!(segment.payload(), [0; 0], "a RST carries no data");
        assert_eq!(segment.options(), [0; 0], "a RST carries no options");
        let (from, to, ttl, length, sum) = match packet.net.as_ref().expect("an IP header") {
            NetSlice::Ipv4(ip) => {
                let header = ip.header().to_header();
                assert_eq!(header.header_checksum, header.calc_header_checksum());
                (
                    IpAddr::V4(ip.header().source_addr()),
                    IpAddr::V4(ip.header().destination_addr()),
                    header.time_to_live,
                    usize::from(header.total_len),
                    segment.calc_checksum_ipv4(header.source, header.destination),
                )
            }
            NetSlice::Ipv6(ip) => {
                let header = ip.header().to_header();
                (
                    IpAddr::V6(header.source_addr()),
                    IpAddr::V6(header.destination_addr()),
                    header.hop_limit,
                    usize::from(header.payload_length) + 40,
                    segment.calc_checksum_ipv6(header.source, header.destination),
                )
            }
            NetSlice::Arp(_) => panic!("not IP: {packet:?}"),
        };
        assert_eq!(frame.len(), 14 + length, "the IP header says its length");
        assert_eq!(segment.checksum(), sum.expect("a RST is short"));
        Self {
            from_mac: ethernet.source(),
            to_mac: ethernet.destination(),
            from: SocketAddr::new(from, segment.source_port()),
            to: SocketAddr::new(to, segment.destination_port()),
            ttl,
            seq: segment.sequence_number(),
            ack: segment.acknowledgment_number(),
            flags: segment.slice()[13],
        }
    }

    /// What must go back to the sender of `packet`, by RFC 9293 §3.10.7.1: to what acknowledges,
    /// SEQ=SEG.ACK; to what does not, SEQ=0 and ACK=SEG.SEQ+1, the SYN or FIN being one octet.
    pub(crate) fn back(packet: &Packet, way: Direction) -> Self {
        let (seq, ack, flags) = match packet.body {
            Body::Tcp { ack, flags, .. } if flags & flags::ACK != 0 => (ack, 0, flags::RST),
            Body::Tcp { seq, .. } => (0, seq.wrapping_add(1), flags::RST | flags::ACK),
            _ => panic!("only TCP is reset"),
        };
        let (to, from) = packet.ends(way);
        let (to_mac, from_mac) = macs(way);
        Self {
            from_mac,
            to_mac,
            from,
            to,
            ttl: FRESH_TTL,
            seq,
            ack,
            flags,
        }
    }

    /// What must go on to the receiver of `packet`, in its place.
    pub(crate) fn onward(packet: &Packet, way: Direction) -> Self {
        let Body::Tcp { seq, ack, flags } = packet.body else {
            panic!("only TCP is reset");
        };
        let (from, to) = packet.ends(way);
        let (from_mac, to_mac) = macs(way);
        Self {
            from_mac,
            to_mac,
            from,
            to,
            ttl: TTL,
            seq,
            ack,
            flags: flags::RST | flags & flags::ACK,
        }
    }
}
