//! The reference: what a frame must do by the words of a table, told slowly, rule by rule.

mod draws;
mod ip;
mod read;

use chaos_abi::{Action, Answer, Direction};
use chaos_plan::{Matching, PacketWords, PlannedRule, Table};

use self::draws::Draws;
use self::read::{Read, Reader, Words};
use crate::bench::expect::{
    Expect, answered, awaited, let_through, passes, refused, reset, vanishes,
};
use crate::bench::packet::flags;
use crate::bench::words::NEVER;

type Rules<'a> = Vec<(u16, &'a PlannedRule)>;

/// The reference, the first fragments that it has seen, and what was drawn.
#[derive(Debug, Default)]
pub(crate) struct Reference {
    reader: Reader,
    draws: Draws,
}

impl Reference {
    /// Forgets what was drawn: other faults come.
    pub(crate) fn start_over(&mut self) {
        self.draws = Draws::default();
    }

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
        let Some(packet) = self.reader.read(frame, way) else {
            return passes();
        };
        judge(table, &packet, leased, &mut self.draws)
    }
}

fn judge(table: &Table, packet: &Read, leased: bool, draws: &mut Draws) -> Expect {
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
    let (let_on, drawing): (Rules, Rules) = judging
        .into_iter()
        .partition(|(_, rule)| is(rule, Action::Reject) && !attempts(packet));
    draws.begin();
    let (hit, undrawn): (Rules, Rules) = drawing
        .into_iter()
        .partition(|(_, rule)| draws.hits(packet, rule));
    let strongest = |(_, rule): &&(u16, &PlannedRule)| (place(rule), rule.rule.rank);
    let actor = hit.iter().min_by_key(strongest);
    let expect = actor.map_or_else(passes, |(slot, rule)| fate(packet, *slot, rule));
    let expect = slots(&undrawn).fold(also_expired(expect), Expect::undrawn);
    let expect = slots(&let_on).fold(expect, Expect::let_on);
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

fn is(rule: &PlannedRule, action: Action) -> bool {
    rule.rule.action == action.word()
}

/// Whether a packet is what `reject` refuses: a SYN, or a datagram.
fn attempts(packet: &Read) -> bool {
    let flags = packet.segment.unwrap_or_default();
    let opens = flags & (flags::SYN | flags::ACK | flags::RST) == flags::SYN;
    opens || packet.is_datagram()
}

/// What a reject rule does to an attempt.
fn refusal(packet: &Read, slot: u16, rule: &PlannedRule) -> Expect {
    let answer = Answer::from_flags(rule.rule.flags);
    if packet.is_later || !packet.is_of_two {
        vanishes(slot)
    } else if answer == Answer::TcpReset {
        refused(slot)
    } else if packet.segment.is_some() {
        awaited(slot, answer)
    } else {
        answered(slot, answer)
    }
}

/// Which actions win: a blackhole over loss over a reject over a reset.
fn place(rule: &PlannedRule) -> usize {
    let order = [
        Action::Blackhole,
        Action::Loss,
        Action::Reject,
        Action::Reset,
    ]
    .map(Action::word);
    let place = order.iter().position(|word| *word == rule.rule.action);
    place.expect("it has an action")
}

/// What the rule that acts does to the packet.
fn fate(packet: &Read, slot: u16, rule: &PlannedRule) -> Expect {
    if is(rule, Action::Reject) {
        return refusal(packet, slot, rule);
    }
    // What is left of a segment whose first fragment was answered vanishes.
    if rule.rule.action != Action::Reset.word() || packet.is_rest {
        return vanishes(slot);
    }
    match packet.segment {
        None => let_through(slot),
        Some(with) if with & flags::RST != 0 => let_through(slot),
        Some(with) if with & (flags::SYN | flags::ACK) == flags::SYN => refused(slot),
        Some(_) => reset(slot),
    }
}
