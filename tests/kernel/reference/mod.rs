//! The reference: what a frame must do by the words of a table, told slowly, rule by rule.

mod draws;
mod ip;
mod read;

use std::collections::HashMap;

use chaos_abi::{Action, Answer, Birth, Direction, Flow, Opener};
use chaos_api::{Connections, Initiator};
use chaos_plan::{Matching, PacketWords, PlannedRule, Table};

use self::draws::Draws;
use self::read::{Read, Reader, Words};
use crate::bench::expect::{
    Expect, answered, awaited, let_through, passes, refused, reset, vanishes,
};
use crate::bench::packet::flags;
use crate::bench::words::NEVER;

type Rules<'a> = Vec<(u16, &'a PlannedRule)>;

/// The reference, and what it has seen.
#[derive(Debug, Default)]
pub(crate) struct Reference {
    reader: Reader,
    draws: Draws,
    /// How many cuts were made; 0: nobody asks when connections began.
    pub(crate) cuts: u32,
    /// How they began.
    pub(crate) births: HashMap<Flow, Birth>,
    /// Whether frames are on loopback.
    pub(crate) loopback: bool,
}

/// A packet, and what is known of its connection.
struct Case<'a> {
    packet: &'a Read,
    birth: Birth,
    loopback: bool,
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
        if table.is_empty() && self.cuts == 0 {
            return passes();
        }
        let Some(packet) = self.reader.read(frame, way) else {
            return passes();
        };
        self.note(&packet, way);
        let known = self.births.get(&packet.flow).filter(|_| self.cuts > 0);
        let case = Case {
            birth: known.copied().unwrap_or(Birth::UNKNOWN),
            loopback: self.loopback,
            packet: &packet,
        };
        judge(table, &case, leased, &mut self.draws)
    }

    /// The flow of a frame, where it is one of TCP.
    pub(crate) fn flow(&mut self, frame: &[u8], way: Direction) -> Option<Flow> {
        let flow = self.reader.read(frame, way)?.flow;
        (flow.protocol == 6).then_some(flow)
    }

    /// Writes down that a connection begins.
    fn note(&mut self, packet: &Read, way: Direction) {
        let Some(with) = packet.segment.filter(|with| with & flags::SYN != 0) else {
            return;
        };
        let answers = with & flags::ACK != 0;
        let opener = if (way == Direction::Egress) == answers {
            Opener::Peer
        } else {
            Opener::Target
        };
        let birth = Birth {
            at: 0,
            cut: self.cuts,
            opener: opener as u32,
        };
        if self.cuts > 0 && answers {
            self.births.entry(packet.flow).or_insert(birth);
        } else if self.cuts > 0 {
            self.births.insert(packet.flow, birth);
        }
    }
}

fn judge(table: &Table, case: &Case, leased: bool, draws: &mut Draws) -> Expect {
    let packet = case.packet;
    let (expired, running): (Rules, Rules) = acting(table, case)
        .into_iter()
        .partition(|(_, rule)| rule.rule.deadline < NEVER);
    let also_expired = |expect| slots(&expired).fold(expect, Expect::expired);
    if !leased {
        return slots(&running).fold(also_expired(passes()), Expect::lapsed);
    }
    let (spared, judging): (Rules, Rules) = running
        .into_iter()
        .partition(|(_, rule)| is_spared(table, rule, case));
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
fn meets(case: &Case, matching: &Matching) -> bool {
    let takes = |words: &Words| {
        matching.takes(&PacketWords {
            direction: words.direction,
            protocol: words.protocol,
            peer: words.peer,
            ports: words.ports,
            loopback: case.loopback,
            birth: case.birth,
        })
    };
    case.packet.words.iter().any(takes)
}

/// Whether the packet's connection is one that a rule asks for.
fn is_asked_for(case: &Case, rule: &PlannedRule) -> bool {
    let (words, birth) = (&rule.matching, &case.birth);
    let existed = birth.cut < rule.rule.anchor;
    let age = match words.connections {
        Connections::All => true,
        Connections::Existing => existed,
        Connections::New => !existed,
    };
    let opener = match words.initiator {
        Initiator::Any => true,
        Initiator::Target => birth.opener == 1,
        Initiator::Peer => birth.opener == 2,
    };
    age && opener
}

/// The rules with an action whose words the packet satisfies.
fn acting<'a>(table: &'a Table, case: &Case) -> Rules<'a> {
    let met = |rule: &PlannedRule| {
        rule.id.block.is_some() && meets(case, &rule.matching) && is_asked_for(case, rule)
    };
    table.rules().filter(|(_, rule)| met(rule)).collect()
}

/// Whether another rule of the same fault spares the packet.
fn is_spared(table: &Table, rule: &PlannedRule, case: &Case) -> bool {
    let spares = |other: &PlannedRule| {
        other.id.block.is_none() && other.id.fault == rule.id.fault && meets(case, &other.matching)
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
