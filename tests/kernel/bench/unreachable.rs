//! What an ICMP error must hold that answers a packet.

use chaos_abi::{ANSWER_FRAME, Answer, Direction};
use chaos_tests::bed::Unreachable;

use super::frame::frame;
use super::packet::{Packet, macs};

/// Bytes of an Ethernet header.
const LINK: usize = 14;

/// What must answer `packet`: from the address that it was sent to, with as much of it as RFC 1812
/// §4.3.2.3 and RFC 4443 §2.4 (c) ask for.
pub(crate) fn due(packet: &Packet, way: Direction, answer: Answer) -> Unreachable {
    let longest = if packet.is_v6() { 1280 } else { 576 };
    within(longest, packet, way, answer)
}

/// The same of an answer that waits for user space.
pub(crate) fn short(packet: &Packet, way: Direction, answer: Answer) -> Unreachable {
    within(ANSWER_FRAME - LINK, packet, way, answer)
}

fn within(longest: usize, packet: &Packet, way: Direction, answer: Answer) -> Unreachable {
    let headers = if packet.is_v6() { 48 } else { 28 };
    let mut quote = frame(packet, way).split_off(LINK);
    quote.truncate(quote.len() - packet.padding);
    quote.truncate(longest - headers);
    let (to, from) = packet.ends(way);
    let (to_mac, from_mac) = macs(way);
    Unreachable {
        from_mac,
        to_mac,
        from: from.ip(),
        to: to.ip(),
        ttl: 64,
        code: code(answer, packet.is_v6()),
        quote,
    }
}

/// The code of an answer (RFC 792, RFC 1812 §5.2.7.1; RFC 4443 §3.1).
fn code(answer: Answer, v6: bool) -> u8 {
    let [v4, other] = match answer {
        Answer::Port => [3, 4],
        Answer::Host => [1, 3],
        Answer::Admin => [13, 1],
        Answer::TcpReset => panic!("that is no ICMP error"),
    };
    if v6 { other } else { v4 }
}
