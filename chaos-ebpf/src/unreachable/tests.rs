//! ICMP errors, checked by etherparse, and the bytes that keep a checksum as it is.

use chaos_abi::{Answer, Direction, Flow, frame::fold, frame::sum, mapped};
use etherparse::{Icmpv4Slice, Icmpv6Slice, Ipv4HeaderSlice, Ipv6HeaderSlice};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{Unreachable, pad};

fn flow(local: [u8; 16], peer: [u8; 16]) -> Flow {
    Flow {
        local,
        peer,
        ..Flow::default()
    }
}

/// The sum of a quote, of which an odd last byte stands in front of a zero.
fn sum_of(quote: &[u8]) -> u16 {
    let padded = [quote, &[0]].concat();
    fold(sum(&padded[..padded.len() & !1]))
}

fn answers() -> impl Strategy<Value = (Answer, Direction)> {
    let answers = vec![Answer::Port, Answer::Host, Answer::Admin];
    let ways = vec![Direction::Ingress, Direction::Egress];
    (prop::sample::select(answers), prop::sample::select(ways))
}

proptest! {
    #[test]
    fn an_error_is_whole_in_ipv4(
        ends in any::<([u8; 4], [u8; 4])>(), quote in vec(any::<u8>(), 0..548), (answer, went) in answers(),
    ) {
        let error = Unreachable {
            flow: &flow(mapped(ends.0), mapped(ends.1)),
            went,
            answer: answer as u16,
            length: u16::try_from(quote.len()).unwrap(),
            sum: sum_of(&quote),
        };
        let packet = [&error.v4()[..], &quote].concat();
        let ip = Ipv4HeaderSlice::from_slice(&packet).unwrap().to_header();
        prop_assert_eq!(ip.header_checksum, ip.calc_header_checksum());
        prop_assert_eq!(usize::from(ip.total_len), packet.len());
        let back = if went == Direction::Egress { (ends.1, ends.0) } else { ends };
        prop_assert_eq!((ip.source, ip.destination), back);
        let icmp = Icmpv4Slice::from_slice(&packet[20..]).unwrap();
        prop_assert_eq!(icmp.checksum(), icmp.icmp_type().calc_checksum(&quote));
        prop_assert_eq!([icmp.type_u8(), icmp.code_u8()], answer.icmp(false));
    }

    #[test]
    fn an_error_is_whole_in_ipv6(
        ends in any::<([u8; 16], [u8; 16])>(), quote in vec(any::<u8>(), 0..1232), (answer, went) in answers(),
    ) {
        let error = Unreachable {
            flow: &flow(ends.0, ends.1),
            went,
            answer: answer as u16,
            length: u16::try_from(quote.len()).unwrap(),
            sum: sum_of(&quote),
        };
        let ((fixed, icmp), (from, to)) = (error.v6(), error.ends());
        let packet = [&fixed[..], from, to, &icmp, &quote].concat();
        let ip = Ipv6HeaderSlice::from_slice(&packet).unwrap().to_header();
        prop_assert_eq!(usize::from(ip.payload_length) + 40, packet.len());
        let back = if went == Direction::Egress { (ends.1, ends.0) } else { ends };
        prop_assert_eq!((ip.source, ip.destination), back);
        let icmp = Icmpv6Slice::from_slice(&packet[40..]).unwrap();
        prop_assert!(icmp.is_checksum_valid(ip.source, ip.destination));
        prop_assert_eq!([icmp.type_u8(), icmp.code_u8()], answer.icmp(true));
    }

    #[test]
    fn completing_a_padded_checksum_changes_nothing(mut bytes in vec(any::<u8>(), 8..200), at in 0..3_usize) {
        bytes.truncate(bytes.len() & !1);
        let at = at * 2;
        let field = u16::from_be_bytes([bytes[at], bytes[at + 1]]);
        bytes.extend(pad(field, fold(sum(&bytes))).to_be_bytes());
        let completed = !fold(sum(&bytes));
        // Zero has two forms in this arithmetic (RFC 1071 §2).
        let one = |word: u16| if word == 0xffff { 0 } else { word };
        prop_assert_eq!(one(completed), one(field));
    }
}
