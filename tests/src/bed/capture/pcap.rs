//! Reading tcpdump's files (pcap-savefile(5)).

use std::net::{IpAddr, SocketAddr};

use etherparse::{LaxNetSlice, LaxSlicedPacket, TransportSlice};

use super::Segment;

/// `struct pcap_file_header` and `struct pcap_sf_pkthdr`, in bytes.
const FILE_HEADER: usize = 24;
const RECORD_HEADER: usize = 16;

/// Reads the packets of a capture file.
pub(super) fn parse(file: &[u8]) -> Vec<Segment> {
    let records = records(file).into_iter();
    records
        .filter_map(|(frame, bytes)| read_frame(frame, bytes))
        .collect()
}

/// The frames of a capture file.
pub(super) fn frames(file: &[u8]) -> Vec<&[u8]> {
    let records = records(file).into_iter();
    records.map(|(frame, _)| frame).collect()
}

/// The records of a capture file of this machine's byte order, each with its bytes on the wire; a
/// last one that is cut short is left out.
fn records(file: &[u8]) -> Vec<(&[u8], u32)> {
    let mut records = Vec::new();
    let mut rest = file.get(FILE_HEADER..).unwrap_or_default();
    while let Some((header, after)) = rest.split_at_checked(RECORD_HEADER) {
        let word = |at: usize| u32::from_ne_bytes(header[at..at + 4].try_into().expect("four"));
        let Some((frame, next)) = after.split_at_checked(word(8) as usize) else {
            break;
        };
        records.push((frame, word(12)));
        rest = next;
    }
    records
}

fn read_frame(frame: &[u8], bytes: u32) -> Option<Segment> {
    let packet = LaxSlicedPacket::from_ethernet(frame).ok()?;
    let (source, destination): (IpAddr, IpAddr) = match packet.net? {
        LaxNetSlice::Ipv4(ip) => (
            ip.header().source_addr().into(),
            ip.header().destination_addr().into(),
        ),
        LaxNetSlice::Ipv6(ip) => (
            ip.header().source_addr().into(),
            ip.header().destination_addr().into(),
        ),
        LaxNetSlice::Arp(_) => return None,
    };
    let (ports, reset, opening) = match packet.transport {
        Some(TransportSlice::Tcp(tcp)) => {
            let ports = (tcp.source_port(), tcp.destination_port());
            (ports, tcp.rst(), tcp.syn() && !tcp.ack())
        }
        Some(TransportSlice::Udp(udp)) => {
            ((udp.source_port(), udp.destination_port()), false, false)
        }
        _ => ((0, 0), false, false),
    };
    let from = SocketAddr::new(source, ports.0);
    let to = SocketAddr::new(destination, ports.1);
    Some(Segment {
        from,
        to,
        reset,
        opening,
        bytes,
    })
}
