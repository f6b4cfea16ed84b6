//! A table as text, for golden tests and for readers of a debug log.

use std::fmt::{self, Write};
use std::net::Ipv6Addr;

use chaos_abi::{self as abi, Action, Answer, CERTAIN, Rule, RuleSet, flag};
use chaos_api::Span;

use crate::ports::{Side, segments};
use crate::{Matching, PlannedRule, Table, prefixes};

/// The table as text, the same for equal tables: its rules, then the bit sets that find them.
pub fn explain(table: &Table) -> String {
    let mut text = String::new();
    write_all(&mut text, table).expect("a String takes all text");
    text
}

fn write_all(out: &mut String, table: &Table) -> fmt::Result {
    if table.is_empty() {
        return writeln!(out, "no rules: every packet passes");
    }
    writeln!(out, "rules")?;
    for (slot, rule) in table.rules() {
        write_rule(out, slot, rule, table)?;
    }
    writeln!(out, "peers")?;
    for ((address, length), rules) in prefixes::sets(table) {
        let address = Ipv6Addr::from(address);
        writeln!(out, "  {address}/{length}: {}", slots(&rules))?;
    }
    write_ports(out, table, Side::Local, "local ports")?;
    write_ports(out, table, Side::Peer, "peer ports")?;
    write_traits(out, table)
}

fn write_traits(out: &mut String, table: &Table) -> fmt::Result {
    let of = |takes: &dyn Fn(&Matching) -> bool| slots(&table.set(|rule| takes(&rule.matching)));
    let direction = |way| of(&|m| m.takes_direction(way));
    let protocol = |number| of(&|m| m.takes_protocol(abi::Protocol::from_number(number)));
    let [ingress, egress] = [abi::Direction::Ingress, abi::Direction::Egress].map(direction);
    let [tcp, udp, icmp, other] = [6, 17, 1, 0].map(protocol);
    let [v4, v6] = [false, true].map(|v6| of(&|m| m.takes_family(v6)));
    writeln!(out, "traits")?;
    writeln!(out, "  ingress: {ingress}; egress: {egress}")?;
    writeln!(
        out,
        "  TCP: {tcp}; UDP: {udp}; ICMP: {icmp}; other: {other}"
    )?;
    writeln!(out, "  IPv4: {v4}; IPv6: {v6}")?;
    writeln!(out, "  without ports: {}", of(&|m| !m.names_ports()))?;
    if table
        .set(|rule| rule.matching.takes_interface(true))
        .is_empty()
    {
        return Ok(());
    }
    let [pod, loopback] = [false, true].map(|loopback| of(&|m| m.takes_interface(loopback)));
    writeln!(out, "  pod: {pod}; loopback: {loopback}")
}

fn write_rule(out: &mut String, slot: u16, planned: &PlannedRule, table: &Table) -> fmt::Result {
    writeln!(out, "  slot {slot}: {}", planned.id)?;
    writeln!(out, "    {}", planned.matching)?;
    if planned.id.block.is_none() {
        let spared = table.set(|rule| rule.spared_by.contains(slot));
        return writeln!(out, "    spares from {}", slots(&spared));
    }
    let Rule {
        deadline,
        seed,
        threshold,
        action,
        flags,
        block,
        ..
    } = planned.rule;
    let unit = if action == Action::Loss.word() {
        "packet"
    } else {
        "connection"
    };
    let by = if flags & flag::BY_FLOW == 0 {
        format!("by the numbers of block {block}")
    } else {
        "by its flow".into()
    };
    let share = if threshold >= CERTAIN {
        format!("every {unit}")
    } else {
        format!("each {unit} {by}, draws below {threshold:#x} of {CERTAIN:#x}")
    };
    if let Some(shape) = &planned.shape {
        writeln!(out, "    by the delay line: {shape:?}")?;
    }
    let until = Span::from_nanos(deadline);
    if action == Action::Reject.word() {
        writeln!(out, "    answers {}", answer(flags))?;
    }
    writeln!(
        out,
        "    {share}, seed {seed:#018x}, until {until} after boot"
    )
}

/// What a rule answers, in the words of the command line.
fn answer(flags: u16) -> &'static str {
    match Answer::from_flags(flags) {
        Answer::TcpReset => "tcp-reset",
        Answer::Port => "icmp-port",
        Answer::Host => "icmp-host",
        Answer::Admin => "icmp-admin",
    }
}

fn write_ports(out: &mut String, table: &Table, side: Side, title: &str) -> fmt::Result {
    writeln!(out, "{title}")?;
    for segment in segments(table, side) {
        let (first, last) = (segment.first, segment.last);
        let rules = slots(&segment.rules);
        if first == last {
            writeln!(out, "  {first}: {rules}")?;
        } else {
            writeln!(out, "  {first}-{last}: {rules}")?;
        }
    }
    Ok(())
}

fn slots(rules: &RuleSet) -> String {
    let words: Vec<String> = rules.iter().map(|slot| slot.to_string()).collect();
    if words.is_empty() {
        "none".into()
    } else {
        words.join(" ")
    }
}
