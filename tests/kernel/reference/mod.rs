//! The reference: what a frame must do by the words of a table, told slowly, rule by rule.

mod ip;
mod read;

use chaos_abi::{Action, Direction};
use chaos_ebpf::{drawn, hash};
use chaos_plan::{Matching, PacketWords, PlannedRule, Table};

use self::read::{Read, Reader, Words};
use crate::bench::expect::{Expect, let_through, passes, refused, reset, vanishes};
use crate::bench::packet::flags;
use crate::bench::words::NEVER;

type Rules<'a> = Vec<(u16, &'a PlannedRule)>;

/// The reference, and the first fragments that it has seen.
#[derive(Debug, Default)]
pub(crate) struct Reference(Reader);

impl Reference {
    /// What a frame must do. Deadlines are long past or [`NEVER`].
    pub(crate) fn expect(
        &mut self,
        table: &Table,
        frame: &[u8],
        way: Direction,
        leased: bool,
    ) -> Expect {
        if table.is_empty() {
            return passes();
        }
        let packet = self.0.read(frame, way);
        packet.map_or_else(passes, |packet| judge(table, &packet, leased))
    }
}

fn judge(table: &Table, packet: &Read, leased: bool) -> Expect {
    let (expired, running): (Rules, Rules) = acting(table, packet)
        .into_iter()
        .partition(|(_, rule)| rule.rule.deadline < NEVER);
    let also_expired = |expect| slots(&expired).fold(expect, Expect::expired);
    if !leased {
        return slots(&running).fold(also_expired(passes()), Expect::lapsed);
    }
    let (spared, judging): (Rules, Rules) = running
        .into_iter()
        .partition(|(_, rule)| is_spared(table, rule, packet));
    let hash = hash(&packet.flow);
    let (hit, undrawn): (Rules, Rules) = judging
        .into_iter()
        .partition(|(_, rule)| drawn(&rule.rule, hash));
    let strongest = |(_, rule): &&(u16, &PlannedRule)| (!is_blackhole(rule), rule.rule.rank);
    let actor = hit.iter().min_by_key(strongest);
    let expect = actor.map_or_else(passes, |(slot, rule)| fate(packet, *slot, rule));
    let expect = slots(&undrawn).fold(also_expired(expect), Expect::undrawn);
    let expect = slots(&spared).fold(expect, Expect::spared);
    let others = slots(&hit).filter(|slot| actor.is_none_or(|(actor, _)| actor != slot));
    others.fold(expect, Expect::outranked)
}

/// Whether a packet satisfies the words of a rule, as one of the things it is.
fn meets(packet: &Read, matching: &Matching) -> bool {
    let takes = |words: &Words| {
        matching.takes(&PacketWords {
            direction: words.direction,
            protocol: words.protocol,
            peer: words.peer,
            ports: words.ports,
        })
    };
    packet.words.iter().any(takes)
}

/// The rules with an action whose words the packet satisfies.
fn acting<'a>(table: &'a Table, packet: &Read) -> Rules<'a> {
    let met = |rule: &PlannedRule| rule.id.block.is_some() && meets(packet, &rule.matching);
    table.rules().filter(|(_, rule)| met(rule)).collect()
}

/// Whether another rule of the same fault spares the packet.
fn is_spared(table: &Table, rule: &PlannedRule, packet: &Read) -> bool {
    let spares = |other: &PlannedRule| {
        other.id.block.is_none()
            && other.id.fault == rule.id.fault
            && meets(packet, &other.matching)
    };
    table.rules().any(|(_, other)| spares(other))
}

fn slots(rules: &[(u16, &PlannedRule)]) -> impl Iterator<Item = u16> {
    rules.iter().map(|(slot, _)| *slot)
}

fn is_blackhole(rule: &PlannedRule) -> bool {
    rule.rule.action == Action::Blackhole.word()
}

/// What the rule that acts does to the packet.
fn fate(packet: &Read, slot: u16, rule: &PlannedRule) -> Expect {
    // What is left of a segment whose first fragment was answered vanishes.
    if is_blackhole(rule) || packet.is_rest {
        return vanishes(slot);
    }
    match packet.segment {
        None => let_through(slot),
        Some(with) if with & flags::RST != 0 => let_through(slot),
        Some(with) if with & (flags::SYN | flags::ACK) == flags::SYN => refused(slot),
        Some(_) => reset(slot),
    }
}
