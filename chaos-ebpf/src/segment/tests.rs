//! RST segments, checked by etherparse.

use chaos_abi::{Direction, Flow, frame::fold, frame::sum, mapped};
use etherparse::TcpHeader;
use proptest::prelude::*;

use super::{Packet, Segment, TCP_HEADER, tcp};

fn flow(ends: ([u8; 16], [u8; 16]), v6: bool, ports: (u16, u16)) -> Flow {
    let address = |bytes: [u8; 16]| {
        if v6 {
            bytes
        } else {
            mapped([bytes[0], bytes[1], bytes[2], bytes[3]])
        }
    };
    Flow {
        local: address(ends.0),
        peer: address(ends.1),
        local_port: ports.0.to_be_bytes(),
        peer_port: ports.1.to_be_bytes(),
        protocol: 6,
        _pad: [0; 3],
    }
}

/// etherparse's checksum of a header between the ends of a flow.
fn checksum(header: &TcpHeader, flow: &Flow, v6: bool, towards: Direction) -> u16 {
    let (source, target) = match towards {
        Direction::Egress => (flow.local, flow.peer),
        Direction::Ingress => (flow.peer, flow.local),
    };
    let v4 = |address: [u8; 16]| *address.last_chunk().unwrap();
    if v6 {
        header.calc_checksum_ipv6_raw(source, target, &[]).unwrap()
    } else {
        header
            .calc_checksum_ipv4_raw(v4(source), v4(target), &[])
            .unwrap()
    }
}

prop_compose! {
    fn segments()(
        seq in any::<u32>(), ack in any::<u32>(), leaving in any::<bool>(), acks in any::<bool>(),
    ) -> Segment {
        Segment {
            towards: if leaving { Direction::Egress } else { Direction::Ingress },
            seq,
            ack,
            flags: tcp::RST | if acks { tcp::ACK } else { 0 },
        }
    }
}

proptest! {
    #[test]
    fn a_header_says_what_its_segment_does(
        segment in segments(), ends in any::<([u8; 16], [u8; 16])>(), v6 in any::<bool>(), ports in any::<(u16, u16)>(),
    ) {
        let flow = flow(ends, v6, ports);
        let header = segment.header(&flow, false);
        let (read, rest) = TcpHeader::from_slice(&header).unwrap();
        let (source, target) = match segment.towards {
            Direction::Egress => ports,
            Direction::Ingress => (ports.1, ports.0),
        };
        prop_assert_eq!(rest.len(), 0);
        prop_assert_eq!((read.source_port, read.destination_port), (source, target));
        prop_assert_eq!((read.sequence_number, read.acknowledgment_number), (segment.seq, segment.ack));
        prop_assert_eq!((read.rst, read.ack), (true, segment.flags & tcp::ACK != 0));
        prop_assert!(!(read.syn || read.fin || read.psh || read.urg));
        prop_assert_eq!(read.window_size, 0);
        prop_assert_eq!(read.checksum, checksum(&read, &flow, v6, segment.towards));
    }

    /// Who completes a partial checksum sums the segment up, the field included.
    #[test]
    fn a_partial_checksum_completes_to_the_full_one(
        segment in segments(), ends in any::<([u8; 16], [u8; 16])>(), v6 in any::<bool>(),
    ) {
        let flow = flow(ends, v6, (1, 2));
        let [full, partial] = [false, true].map(|partial| segment.header(&flow, partial));
        let completed = !fold(sum(&partial));
        prop_assert_eq!(completed, u16::from_be_bytes([full[16], full[17]]));
        prop_assert_eq!(&full[..16], &partial[..16]);
    }
}

fn packet(direction: Direction, seq: u32, ack: u32, flags: u8) -> Packet {
    let mut frame = [0; 14 + 20 + TCP_HEADER];
    frame[12] = 0x08;
    (frame[14], frame[14 + 9]) = (0x45, 6);
    let segment = &mut frame[34..];
    segment[4..8].copy_from_slice(&seq.to_be_bytes());
    segment[8..12].copy_from_slice(&ack.to_be_bytes());
    segment[13] = flags;
    let mut packet = Packet::default();
    packet.read(&frame[..], direction).unwrap();
    packet
}

#[test]
fn an_acknowledging_segment_is_answered_by_what_it_acknowledges() {
    let data = packet(Direction::Egress, 100, 200, tcp::ACK | 0x08);
    let back = Segment {
        towards: Direction::Ingress,
        seq: 200,
        ack: 0,
        flags: tcp::RST,
    };
    let onward = Segment {
        towards: Direction::Egress,
        seq: 100,
        ack: 200,
        flags: tcp::RST | tcp::ACK,
    };
    assert_eq!(
        (Segment::back(&data), Segment::onward(&data)),
        (back, onward)
    );
}

#[test]
fn a_syn_is_refused_by_acknowledging_it() {
    for (seq, next) in [(100, 101), (u32::MAX, 0)] {
        let back = Segment {
            towards: Direction::Egress,
            seq: 0,
            ack: next,
            flags: tcp::RST | tcp::ACK,
        };
        assert_eq!(
            Segment::back(&packet(Direction::Ingress, seq, 7, tcp::SYN)),
            back
        );
    }
}
