//! What is cut out of a GSO packet is what the stack would have sent.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "statistics of samples that are few"
)]

use etherparse::{NetSlice, PacketBuilder, SlicedPacket, TransportSlice};
use proptest::prelude::*;

use super::{Frame, Kind, Layout, OFFLOAD, Offload, Segments, View, corrupt, cut};

/// Bytes of data in the packets of a GSO packet here.
const SIZE: u16 = 100;

fn data(length: usize) -> Vec<u8> {
    (0..length)
        .map(|at| u8::try_from(at % 251).unwrap())
        .collect()
}

/// A GSO packet of TCP (or UDP) with that much data.
fn gso(v6: bool, udp: bool, length: usize) -> Frame {
    let builder = PacketBuilder::ethernet2([2; 6], [4; 6]);
    let builder = if v6 {
        builder.ipv6([1; 16], [2; 16], 64)
    } else {
        builder.ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64)
    };
    let (mut bytes, data) = (Vec::new(), data(length));
    if udp {
        builder.udp(7, 8).write(&mut bytes, &data).unwrap();
    } else {
        let tcp = builder.tcp(7, 8, 1_000, 64).psh().fin().ack(5).cwr();
        tcp.write(&mut bytes, &data).unwrap();
    }
    let layout = Layout::of(&bytes).expect("it is IP");
    let offload = Offload {
        partial: true,
        start: layout.l4,
        offset: layout.sum().unwrap(),
        kind: match (udp, v6) {
            (true, _) => Kind::Udp,
            (_, true) => Kind::Tcp6,
            _ => Kind::Tcp4,
        },
        size: SIZE,
        ecn: !udp,
        headers: layout.data,
    };
    Frame {
        bytes: bytes.into(),
        offload,
    }
}

/// Whether the checksums of a frame fit; completes it by flipping a bit, and flips it back.
fn is_sound(frame: &[u8]) -> bool {
    let packet = SlicedPacket::from_ethernet(frame).expect("it is whole");
    let (source, target): (&[u8], &[u8]) = match packet.net.as_ref().unwrap() {
        NetSlice::Ipv4(v4) => {
            let header = v4.header();
            assert_eq!(
                header.header_checksum(),
                header.to_header().calc_header_checksum()
            );
            (&header.slice()[12..16], &header.slice()[16..20])
        }
        NetSlice::Ipv6(v6) => (&v6.header().slice()[8..24], &v6.header().slice()[24..40]),
        NetSlice::Arp(_) => unreachable!("it is IP"),
    };
    let (protocol, segment) = match packet.transport.as_ref().unwrap() {
        TransportSlice::Tcp(tcp) => (6_u32, tcp.slice()),
        TransportSlice::Udp(udp) => (17, udp.slice()),
        _ => unreachable!("it is TCP or UDP"),
    };
    let all = [source, target, segment].concat();
    let words = all
        .chunks(2)
        .map(|word| u32::from(word[0]) << 8 | word.get(1).map_or(0, |low| u32::from(*low)));
    let mut sum = words.sum::<u32>() + protocol + u32::try_from(segment.len()).unwrap();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum == 0xffff
}

/// The frame as it is on the wire, by way of two corruptions that undo each other.
fn completed(frame: &Frame) -> Frame {
    let layout = Layout::of(&frame.bytes).expect("it is IP");
    let mut frame = frame.clone();
    corrupt(&mut frame, &layout, 3);
    corrupt(&mut frame, &layout, 3);
    frame
}

fn forms() -> impl Strategy<Value = (bool, bool, usize)> {
    (any::<bool>(), any::<bool>(), 1_usize..2_000)
}

proptest! {
    #[test]
    fn what_is_cut_adds_up_to_what_there_was((v6, udp, length) in forms(), cuts in 1_usize..8) {
        let whole = gso(v6, udp, length);
        let layout = Layout::of(&whole.bytes).unwrap();
        let segments = Segments::of(&whole.view(), Some(&layout));
        prop_assert_eq!(segments.count, length.div_ceil(usize::from(SIZE)));
        let (mut at, mut found) = (0, Vec::new());
        while at < segments.count {
            let range = at..(at + cuts).min(segments.count);
            let part = cut(&whole.view(), &layout, &range);
            let inner = Layout::of(&part.bytes).unwrap();
            prop_assert_eq!(inner.end, part.bytes.len());
            prop_assert_eq!(part.offload.kind == Kind::Plain, range.len() == 1);
            prop_assert!(is_sound(&completed(&part).bytes));
            let packet = SlicedPacket::from_ethernet(&part.bytes).unwrap();
            if let Some(TransportSlice::Tcp(tcp)) = packet.transport {
                prop_assert_eq!(tcp.sequence_number() as usize, 1_000 + found.len());
                let is_last = range.end == segments.count;
                prop_assert_eq!((tcp.fin(), tcp.psh()), (is_last, is_last));
                prop_assert_eq!(tcp.cwr(), at == 0);
            }
            if let Some(NetSlice::Ipv4(v4)) = packet.net {
                prop_assert_eq!(usize::from(v4.header().identification()), at);
            }
            found.extend_from_slice(&part.bytes[inner.data..]);
            prop_assert_eq!(segments.wire(&range) as usize,
                part.bytes.len() + (range.len() - 1) * inner.data);
            at = range.end;
        }
        prop_assert_eq!(found, data(length));
    }

    #[test]
    fn a_flipped_bit_is_caught((v6, udp, length) in forms(), random in any::<u64>()) {
        let whole = gso(v6, udp, length.min(usize::from(SIZE)));
        let layout = Layout::of(&whole.bytes).unwrap();
        let mut frame = cut(&whole.view(), &layout, &(0..1));
        // Data alone: a header that makes no sense is not one that the parser here takes.
        let bits = (frame.bytes.len() - layout.data) as u64 * 8;
        let first = (layout.data - layout.l4 - 2) as u64 * 8;
        corrupt(&mut frame, &layout, first + random % bits);
        prop_assert!(!frame.offload.partial);
        prop_assert!(!is_sound(&frame.bytes));
    }

    #[test]
    fn the_device_reads_back_what_it_is_given(bytes in any::<[u8; OFFLOAD]>(), kind in 0_usize..4) {
        let mut header = bytes;
        (header[0], header[1]) = (bytes[0] & 1, [0, 1, 4, 5][kind]);
        let offload = Offload::read(&header, 0);
        prop_assert_eq!(Offload::read(&offload.write(0), 0).kind, offload.kind);
        if offload.partial && offload.start < 65_000 {
            let moved = Offload::read(&offload.write(4), 4);
            prop_assert_eq!((moved.start, moved.offset), (offload.start, offload.offset));
        }
    }
}

#[test]
fn a_datagram_without_a_checksum_gets_one_before_it_is_altered() {
    let mut frame = gso(false, true, 50);
    (frame.offload.kind, frame.offload.partial) = (Kind::Plain, false);
    let layout = Layout::of(&frame.bytes).unwrap();
    frame.bytes[layout.l4 + 6..layout.l4 + 8].fill(0);
    assert!(is_sound(&completed(&frame).bytes));
}

#[test]
fn tags_and_other_protocols_are_told_apart() {
    let builder = PacketBuilder::ethernet2([2; 6], [4; 6]).single_vlan(7.try_into().unwrap());
    let mut tagged = Vec::new();
    let icmp = builder.ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64);
    icmp.icmpv4_echo_request(1, 2)
        .write(&mut tagged, &[9; 30])
        .unwrap();
    let layout = Layout::of(&tagged).unwrap();
    assert_eq!((layout.l3, layout.l4, layout.end), (18, 38, tagged.len()));
    assert!(layout.has_data() && !layout.is_syn() && layout.sum().is_none());
    assert_eq!(Layout::of(&[0; 60]), None);
    let arp = View {
        bytes: &[0; 60],
        offload: Offload::default(),
    };
    assert_eq!(Segments::of(&arp, None).count, 1);
}
