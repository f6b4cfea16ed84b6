//! A judgement in words.

use std::net::{IpAddr, Ipv6Addr};

use chaos_abi::{Direction, Flow, Protocol};
use chaos_ebpf::{Fate, Packet, tcp};
use chaos_plan::{PacketWords, Table};

/// What a rule said of a packet; nothing where it has no say.
pub(super) fn of(fate: Fate, is_hit: bool, slot: u32, table: &Table) -> Option<String> {
    let rule = table.rule(u16::try_from(slot).ok()?)?;
    let block = rule.id.block?;
    Some(match fate {
        Fate::Void => return None,
        Fate::Hit(_) if is_hit => format!("{block}: {}", rule.matching),
        Fate::Hit(_) => format!("{block}: not drawn"),
        Fate::LetThrough => format!("{block}: no new attempt"),
        Fate::Spared => format!("{block}: spared"),
        Fate::Expired | Fate::Lapsed => format!("{block}: its time is over"),
    })
}

/// Why no rule matches a packet: what it has that none of them means.
pub(super) fn unmatched(table: &Table, packet: &PacketWords) -> String {
    let misses = table
        .rules()
        .filter_map(|(_, rule)| rule.matching.misses(packet));
    let mut misses: Vec<String> = misses.map(|miss| miss.to_string()).collect();
    misses.sort();
    misses.dedup();
    format!("not meant: {}", misses.join(", "))
}

/// A packet as tcpdump names it: `TCP 198.18.0.1:40000 > 198.18.0.2:4222 S`.
pub(super) fn packet(packet: &Packet) -> String {
    let flow = &packet.flow;
    let ends = [
        end(&flow.local, flow.local_port, packet.has_ports()),
        end(&flow.peer, flow.peer_port, packet.has_ports()),
    ];
    let [from, to] = match packet.direction() {
        Direction::Egress => ends,
        Direction::Ingress => [ends[1].clone(), ends[0].clone()],
    };
    let line = format!("{} {from} > {to} {}", protocol(flow), flags(packet));
    line.trim_end().to_owned()
}

/// An address as the tables hold it.
pub(super) fn address(bytes: &[u8; 16]) -> IpAddr {
    IpAddr::from(Ipv6Addr::from(*bytes)).to_canonical()
}

fn end(bytes: &[u8; 16], port: [u8; 2], has_ports: bool) -> String {
    let port = u16::from_be_bytes(port);
    match address(bytes) {
        address if !has_ports => address.to_string(),
        IpAddr::V4(v4) => format!("{v4}:{port}"),
        IpAddr::V6(v6) => format!("[{v6}]:{port}"),
    }
}

fn protocol(flow: &Flow) -> String {
    match Protocol::from_number(flow.protocol) {
        Protocol::Tcp => "TCP".into(),
        Protocol::Udp => "UDP".into(),
        Protocol::Icmp => "ICMP".into(),
        Protocol::Other => format!("protocol {}", flow.protocol),
    }
}

fn flags(packet: &Packet) -> String {
    let letters = [(tcp::SYN, 'S'), (tcp::RST, 'R'), (tcp::ACK, '.')];
    let set = letters
        .into_iter()
        .filter(|(bit, _)| packet.flags & bit != 0);
    set.map(|(_, letter)| letter).collect()
}
