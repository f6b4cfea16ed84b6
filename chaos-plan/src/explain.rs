//! A table as text, for golden tests and for readers of a debug log.

use std::fmt::{self, Write};
use std::net::Ipv6Addr;

use chaos_abi::{CERTAIN, Rule, RuleSet, Side};
use chaos_api::Span;

use crate::{PlannedRule, Table, ports};

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
    let image = table.image();
    writeln!(out, "rules")?;
    for (slot, rule) in table.rules() {
        write_rule(out, slot, rule, image.spares.get(&slot))?;
    }
    writeln!(out, "peers")?;
    for ((address, length), rules) in &image.peers {
        writeln!(
            out,
            "  {}/{length}: {}",
            Ipv6Addr::from(*address),
            slots(*rules)
        )?;
    }
    write_ports(out, table, Side::Local, "local ports")?;
    write_ports(out, table, Side::Peer, "peer ports")?;
    let traits = image.traits;
    let [ingress, egress] = traits.direction.map(slots);
    let [tcp, udp, icmp, other] = traits.protocol.map(slots);
    let [v4, v6] = traits.family.map(slots);
    writeln!(out, "traits")?;
    writeln!(out, "  ingress: {ingress}; egress: {egress}")?;
    writeln!(
        out,
        "  TCP: {tcp}; UDP: {udp}; ICMP: {icmp}; other: {other}"
    )?;
    writeln!(out, "  IPv4: {v4}; IPv6: {v6}")?;
    writeln!(out, "  without ports: {}", slots(traits.portless))
}

fn write_rule(
    out: &mut String,
    slot: u8,
    planned: &PlannedRule,
    spared: Option<&RuleSet>,
) -> fmt::Result {
    writeln!(out, "  slot {slot}: {}", planned.id)?;
    writeln!(out, "    {}", planned.matching)?;
    if let Some(spared) = spared {
        return writeln!(out, "    spares from {}", slots(*spared));
    }
    let Rule {
        deadline,
        seed,
        threshold,
        ..
    } = planned.rule;
    let share = if threshold >= CERTAIN {
        "every connection".into()
    } else {
        format!("draws below {threshold:#x} of {CERTAIN:#x}")
    };
    let until = Span::from_nanos(deadline);
    writeln!(
        out,
        "    {share}, seed {seed:#018x}, until {until} after boot"
    )
}

fn write_ports(out: &mut String, table: &Table, side: Side, title: &str) -> fmt::Result {
    writeln!(out, "{title}")?;
    for segment in ports::segments(table, side) {
        let (first, last) = (segment.first, segment.last);
        let rules = slots(segment.rules);
        if first == last {
            writeln!(out, "  {first}: {rules}")?;
        } else {
            writeln!(out, "  {first}-{last}: {rules}")?;
        }
    }
    Ok(())
}

fn slots(rules: RuleSet) -> String {
    let slots = (0..RuleSet::BITS).filter(|slot| rules >> slot & 1 == 1);
    let words: Vec<String> = slots.map(|slot| slot.to_string()).collect();
    if words.is_empty() {
        "none".into()
    } else {
        words.join(" ")
    }
}
