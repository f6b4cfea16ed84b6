//! Skeleton frames, read by etherparse.

use etherparse::{NetSlice, SlicedPacket, TransportSlice};

use super::{SKELETON, fold, skeleton, sum};
use crate::{Flow, mapped};

const PORTS: (u16, u16) = (40000, 4222);

fn flow(local: [u8; 16], peer: [u8; 16]) -> Flow {
    Flow {
        local,
        peer,
        local_port: PORTS.0.to_be_bytes(),
        peer_port: PORTS.1.to_be_bytes(),
        protocol: 6,
        _pad: [0; 3],
    }
}

/// The frame's bytes, after the checks that both families share.
fn frame(flow: &Flow, v6: bool) -> Vec<u8> {
    let (frame, length) = skeleton(flow, v6);
    assert_eq!(frame[length..], [0; SKELETON][length..]);
    let packet = SlicedPacket::from_ethernet(&frame[..length]).expect("a whole frame");
    let Some(TransportSlice::Tcp(segment)) = packet.transport else {
        panic!("not TCP: {packet:?}");
    };
    assert_eq!((segment.source_port(), segment.destination_port()), PORTS);
    assert!(segment.ack() && !segment.syn() && !segment.rst());
    assert_eq!((segment.options().len(), segment.payload().len()), (0, 0));
    frame[..length].to_vec()
}

#[test]
fn an_ipv4_skeleton_is_a_valid_packet() {
    let frame = frame(
        &flow(mapped([10, 1, 2, 3]), mapped([192, 0, 2, 255])),
        false,
    );
    let packet = SlicedPacket::from_ethernet(&frame).expect("a whole frame");
    let Some(NetSlice::Ipv4(ip)) = packet.net else {
        panic!("not IPv4: {packet:?}");
    };
    let header = ip.header().to_header();
    assert_eq!(header.header_checksum, header.calc_header_checksum());
    assert_eq!(header.source, [10, 1, 2, 3]);
    assert_eq!(header.destination, [192, 0, 2, 255]);
    assert_eq!(usize::from(header.total_len), frame.len() - 14);
}

#[test]
fn an_ipv6_skeleton_is_a_valid_packet() {
    let frame = frame(&flow([0xfd; 16], [0x20; 16]), true);
    let packet = SlicedPacket::from_ethernet(&frame).expect("a whole frame");
    let Some(NetSlice::Ipv6(ip)) = packet.net else {
        panic!("not IPv6: {packet:?}");
    };
    let header = ip.header().to_header();
    assert_eq!(
        (header.source, header.destination),
        ([0xfd; 16], [0x20; 16])
    );
    assert_eq!(usize::from(header.payload_length), frame.len() - 54);
}

#[test]
fn a_mapped_address_sums_up_as_the_plain_one() {
    for v4 in [[0, 0, 0, 1], [10, 1, 2, 3], [255, 255, 255, 255]] {
        // Sums of ones' complement are equal modulo 0xffff.
        let [plain, whole] = [sum(&v4), sum(&mapped(v4))].map(|sum| u32::from(fold(sum)) % 0xffff);
        assert_eq!(plain, whole, "{v4:?}");
    }
}

/// The example of RFC 1071 §3.
#[test]
fn a_sum_folds_its_carries() {
    let bytes = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
    assert_eq!(fold(sum(&bytes)), 0xddf2);
    assert_eq!(fold(u32::MAX), 0xffff);
}
