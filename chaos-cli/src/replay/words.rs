//! A judgement in words.

use std::net::{IpAddr, Ipv6Addr};

use chaos_abi::{Direction, Flow, Protocol};
use chaos_agent::line::Foreseen;
use chaos_api::{Block, Span};
use chaos_ebpf::{Fate, Packet, tcp};
use chaos_plan::{PacketWords, PlannedRule, Table};

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

/// The fault by which the delay line does the most to a packet; none where it leaves it as it is.
pub(super) fn block(seen: &Foreseen) -> Option<Block> {
    let does = [
        (Block::Loss, seen.copies == 0),
        (Block::Corrupt, seen.corrupted),
        (Block::Duplicate, seen.copies > 1),
        (Block::Delay, seen.later > 0),
    ];
    does.into_iter()
        .find_map(|(block, does)| does.then_some(block))
}

/// What the delay line does to a packet.
pub(super) fn foreseen(seen: &Foreseen) -> String {
    if seen.copies == 0 {
        return "lost".into();
    }
    let mut does = Vec::new();
    if seen.later > 0 {
        does.push(format!("{} later", Span::from_nanos(seen.later)));
    }
    if seen.copies > 1 {
        does.push("sent twice".into());
    }
    if seen.corrupted {
        does.push("a bit flipped".into());
    }
    if does.is_empty() {
        return "let on".into();
    }
    does.join(", ")
}

/// Why no rule matches a packet: what it has that none of them means.
pub(super) fn unmatched(table: &Table, packet: &PacketWords) -> String {
    let rules = table.rules().filter(|(_, rule)| rule.id.block.is_some());
    let miss = |rule: &PlannedRule| match rule.matching.misses(packet) {
        Some(miss) => miss.to_string(),
        None => "another connection".into(),
    };
    let mut misses: Vec<String> = rules.map(|(_, rule)| miss(rule)).collect();
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
