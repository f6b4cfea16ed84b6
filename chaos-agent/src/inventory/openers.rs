//! Who opened a TCP connection, from what its socket counted.

use std::collections::HashSet;

use chaos_api::Initiator;
use netlink_packet_core::DecodeError;
use netlink_packet_sock_diag::constants::{AF_INET, AF_INET6, IPPROTO_TCP};
use netlink_packet_sock_diag::inet::ExtensionFlags;

use super::connections::{Connection, Diag, parse};
use super::netlink::attributes;
use super::{NetlinkError, States, TcpState};

/// Size of `struct inet_diag_msg`, `linux/inet_diag.h`, and its attribute with a `struct tcp_info`.
const HEADER: usize = 72;
const INET_DIAG_INFO: u16 = 2;

// Offsets in `struct tcp_info`, `linux/tcp.h`.
const BYTES_ACKED: usize = 120;
const NOTSENT_BYTES: usize = 144;
const BYTES_SENT: usize = 200;
const BYTES_RETRANS: usize = 208;

const FAMILIES: [u8; 2] = [AF_INET, AF_INET6];

/// The TCP connections in one of `states` with who opened them, IPv4 before IPv6. What counters do
/// not tell is told by whether something listens on the local port.
pub fn opened(states: States) -> Result<Vec<(Connection, Initiator)>, NetlinkError> {
    let mut kernel = Diag::open("TCP connections", "tcp_diag")?;
    let mut found = Vec::new();
    for family in FAMILIES {
        let list = kernel.list(
            (family, IPPROTO_TCP),
            states,
            ExtensionFlags::INFO,
            |payload| {
                let connection = parse(payload, states)?;
                connection
                    .map(|one| Ok((one, told(&one, payload)?)))
                    .transpose()
            },
        )?;
        found.extend(list);
    }
    if found.iter().all(|(_, opener)| opener.is_some()) {
        return Ok(found
            .into_iter()
            .map(|(one, who)| (one, who.unwrap_or_default()))
            .collect());
    }
    let listening = listening(&mut kernel)?;
    let by_port = |one: &Connection| {
        if listening.contains(&one.local.port()) {
            Initiator::Peer
        } else {
            Initiator::Target
        }
    };
    let found = found.into_iter();
    Ok(found
        .map(|(one, opener)| (one, opener.unwrap_or_else(|| by_port(&one))))
        .collect())
}

/// The ports on which something listens.
fn listening(kernel: &mut Diag) -> Result<HashSet<u16>, NetlinkError> {
    let states = States::of(&[TcpState::Listen]);
    let mut ports = HashSet::new();
    for family in FAMILIES {
        let none = ExtensionFlags::empty();
        let list = kernel.list((family, IPPROTO_TCP), states, none, |payload| {
            parse(payload, states)
        })?;
        ports.extend(list.iter().map(|one| one.local.port()));
    }
    Ok(ports)
}

/// Who opened a connection by its counters; `None` where they do not tell.
fn told(connection: &Connection, payload: &[u8]) -> Result<Option<Initiator>, DecodeError> {
    if connection.state != TcpState::Established {
        return Ok(None);
    }
    for attribute in attributes(payload, HEADER) {
        let attribute = attribute?;
        if attribute.kind() == INET_DIAG_INFO {
            return Ok(opener(attribute.value(), connection.send_queue));
        }
    }
    Ok(None)
}

/// Our SYN, once it is acknowledged, counts as one byte that was never sent (`tcp_ack` adds what
/// `snd_una` moves by); whoever accepted begins to count behind it. What is still on its way is in
/// the queue, which holds what was not sent yet too. Probes of a window that is closed make it
/// negative.
fn opener(info: &[u8], send_queue: u32) -> Option<Initiator> {
    let number = |at: usize| {
        let bytes = info.get(at..)?.first_chunk()?;
        Some(u64::from_ne_bytes(*bytes))
    };
    let short = info.get(NOTSENT_BYTES..)?.first_chunk()?;
    let not_sent = u64::from(u32::from_ne_bytes(*short));
    let sent = number(BYTES_SENT)?.wrapping_sub(number(BYTES_RETRANS)?);
    let counted = number(BYTES_ACKED)?.wrapping_add(u64::from(send_queue));
    match counted.wrapping_sub(sent).wrapping_sub(not_sent) {
        1 => Some(Initiator::Target),
        0 => Some(Initiator::Peer),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(acked: u64, sent: u64, retrans: u64, not_sent: u32) -> Vec<u8> {
        let mut info = vec![0; 232];
        let numbers = [
            (BYTES_ACKED, acked),
            (BYTES_SENT, sent),
            (BYTES_RETRANS, retrans),
        ];
        for (at, number) in numbers {
            info[at..at + 8].copy_from_slice(&number.to_ne_bytes());
        }
        info[NOTSENT_BYTES..][..4].copy_from_slice(&not_sent.to_ne_bytes());
        info
    }

    #[test]
    fn the_syn_of_who_connected_counts_as_one_byte() {
        assert_eq!(opener(&info(1, 0, 0, 0), 0), Some(Initiator::Target));
        assert_eq!(opener(&info(0, 0, 0, 0), 0), Some(Initiator::Peer));
        assert_eq!(opener(&info(101, 150, 20, 7), 37), Some(Initiator::Target));
        assert_eq!(opener(&info(100, 150, 20, 7), 37), Some(Initiator::Peer));
    }

    #[test]
    fn counters_that_do_not_add_up_tell_nothing() {
        assert_eq!(opener(&info(1, 3, 0, 0), 0), None);
        assert_eq!(opener(&info(5, 0, 0, 0), 0), None);
        assert_eq!(opener(&[0; 150], 0), None, "a kernel that counts less");
        assert_eq!(opener(&[], 0), None);
    }
}
