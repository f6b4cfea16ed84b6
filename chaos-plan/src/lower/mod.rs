//! Faults become a table: each block of a fault becomes one rule per distinct set of peer ports, and
//! so does what the fault spares.

mod sparing;

use std::collections::{BTreeMap, BTreeSet};

use chaos_abi::{Action, Answer, CERTAIN, MAX_PREFIXES, MAX_RULES, Rule, RuleSet, flag};
use chaos_api::{
    Block, Connections, Direction, Draw, Family, Initiator, Interfaces, Percent, Protocol,
    RejectWith,
};
use thiserror::Error;

use crate::draw::splitmix64;
use crate::netem;
use crate::parts::{Part, parts};
use crate::{Fault, Matching, PlannedRule, RuleId, Shape, Table, prefixes};

/// Why faults do not fit into one table.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LowerError {
    /// Two faults share a name.
    #[error("two faults are named \"{0}\"; names are unique within one target")]
    SameName(String),
    /// More rules than a [`RuleSet`](chaos_abi::RuleSet) has bits, counting those being replaced.
    #[error("{0}: no slot is free; one target holds at most {MAX_RULES} rules")]
    Rules(RuleId),
    /// More prefixes than the peer tries hold.
    #[error("the faults name {0} address ranges; one target holds at most {MAX_PREFIXES}")]
    Prefixes(usize),
}

/// The table for `faults`, whose specs are validated, in the order in which their actions count: of
/// two that hit a packet with equal actions that of the earlier fault acts. A rule that `old` has keeps its slot; a new
/// one takes the lowest slot that is free in both, so that no slot changes hands while bit sets
/// still refer to it.
///
/// Where `old` and the new rules together need more than [`MAX_RULES`] slots, go through an empty
/// table.
pub fn lower(old: &Table, faults: &[Fault]) -> Result<Table, LowerError> {
    let mut names = BTreeSet::new();
    if let Some(twice) = faults.iter().find(|fault| !names.insert(&fault.name)) {
        return Err(LowerError::SameName(twice.name.clone()));
    }
    let slots = place(old, faults.iter().flat_map(rules))?;
    let table = Table { slots };
    prefixes::check(&table)?;
    Ok(table)
}

/// Gives each rule its slot and its rank.
fn place(
    old: &Table,
    rules: impl Iterator<Item = PlannedRule>,
) -> Result<BTreeMap<u16, PlannedRule>, LowerError> {
    let held: BTreeMap<&RuleId, u16> = old.rules().map(|(slot, rule)| (&rule.id, slot)).collect();
    let all = 0..u16::try_from(MAX_RULES).expect("the slots fit a u16");
    let mut free = all.filter(|slot| old.rule(*slot).is_none());
    let mut slots = BTreeMap::new();
    for (rank, mut rule) in (0..).zip(rules) {
        let slot = held.get(&rule.id).copied().or_else(|| free.next());
        let slot = slot.ok_or_else(|| LowerError::Rules(rule.id.clone()))?;
        rule.rule.rank = rank;
        slots.insert(slot, rule);
    }
    sparing::spare(&mut slots);
    number(&mut slots);
    Ok(slots)
}

/// Gives the rules of one block its word: the slot of its first part, which an edit leaves in place.
fn number(slots: &mut BTreeMap<u16, PlannedRule>) {
    let first = slots.iter().filter(|(_, rule)| rule.id.part == 0);
    let first: BTreeMap<(String, Option<Block>), u16> = first
        .map(|(slot, rule)| ((rule.id.fault.clone(), rule.id.block), *slot))
        .collect();
    for rule in slots.values_mut().filter(|rule| rule.id.block.is_some()) {
        rule.rule.block = first[&(rule.id.fault.clone(), rule.id.block)];
    }
}

fn rules(fault: &Fault) -> Vec<PlannedRule> {
    let traffic = &fault.spec.traffic;
    let mut rules = Vec::new();
    for (block, share, shape) in blocks(fault) {
        let mut parts = parts(&traffic.peers, traffic.protocol);
        if parts.is_empty() {
            parts.push(Part::all(traffic.protocol));
        }
        for (number, part) in (0..).zip(parts) {
            rules.push(PlannedRule {
                id: id(fault, Some(block), number),
                rule: rule(fault, block, share, shape.is_some()),
                spared_by: RuleSet::EMPTY,
                matching: matching(fault, block, part),
                shape: shape.clone(),
            });
        }
    }
    rules.extend(sparing::rules(fault, &rules));
    rules
}

/// What becomes rules of a fault: a block, the share that it hits, and what the delay line does where
/// that carries it out.
fn blocks(fault: &Fault) -> Vec<(Block, Option<Percent>, Option<Shape>)> {
    let faults = &fault.spec.faults;
    let by_hook = |(block, share): (Block, Option<Percent>)| match block {
        Block::Blackhole | Block::Reject | Block::Reset => Some((block, share, None)),
        Block::Loss => {
            let share = share.or(netem::plain_loss(faults))?;
            Some((block, Some(share), None))
        }
        _ => None,
    };
    let by_line = netem::shapes(faults).into_iter();
    let by_line = by_line.map(|rule| (rule.block, rule.share, Some(rule.shape)));
    faults.blocks().filter_map(by_hook).chain(by_line).collect()
}

pub(super) fn id(fault: &Fault, block: Option<Block>, part: u16) -> RuleId {
    let fault = fault.name.clone();
    RuleId { fault, block, part }
}

/// The packets of a part.
pub(super) fn of_part(part: Part) -> Matching {
    Matching {
        direction: Direction::Both,
        protocol: part.protocol,
        family: Family::Any,
        local_ports: Vec::new(),
        peers: part.blocks.unwrap_or_default(),
        peer_ports: part.ports.into_iter().collect(),
        interfaces: Interfaces::Pod,
        connections: Connections::All,
        initiator: Initiator::Any,
    }
}

/// All parts of a block share one seed and one numbering, so a connection that two of them match is
/// drawn once.
fn rule(fault: &Fault, block: Block, share: Option<Percent>, is_shaped: bool) -> Rule {
    // The second sets the draws of a fault's blocks apart, and stays what it is in every version.
    let (action, own) = match block {
        Block::Reset => (Action::Reset, 1),
        Block::Blackhole => (Action::Blackhole, 2),
        Block::Loss if netem::plain_loss(&fault.spec.faults).is_some() => (Action::Loss, 3),
        // Whole connections.
        Block::Loss => (Action::Blackhole, 3),
        Block::Reject => (Action::Reject, 4),
        Block::Delay => (Action::Line, 5),
        Block::Duplicate => (Action::Line, 6),
        Block::Corrupt => (Action::Line, 7),
        Block::Rate => (Action::Line, 8),
        Block::Reorder => (Action::Line, 9),
    };
    let action = if is_shaped { Action::Line } else { action };
    Rule {
        deadline: fault.deadline,
        seed: splitmix64(fault.seed ^ own),
        threshold: share.map_or(CERTAIN, Percent::threshold),
        action: action.word(),
        flags: flags(fault, block),
        anchor: fault.anchor,
        ..Rule::default()
    }
}

/// How a block of a fault draws, what it asks of connections, and what it answers.
fn flags(fault: &Fault, block: Block) -> u16 {
    let draw = match fault.spec.draw {
        Draw::Ordinal => 0,
        Draw::Flow => flag::BY_FLOW,
    };
    let connections = match fault.spec.traffic.connections {
        Connections::All => 0,
        Connections::Existing => flag::EXISTING,
        Connections::New => flag::NEW,
    };
    let initiator = match fault.spec.traffic.initiator {
        Initiator::Any => 0,
        Initiator::Target => flag::BY_TARGET,
        Initiator::Peer => flag::BY_PEER,
    };
    draw | connections | initiator | answer(fault, block).map_or(0, Answer::flags)
}

/// What a rule of the block answers, where there is a choice.
fn answer(fault: &Fault, block: Block) -> Option<Answer> {
    let reject = fault.spec.faults.reject;
    let reject = reject.filter(|_| block == Block::Reject)?;
    Some(match reject.with {
        RejectWith::TcpReset => Answer::TcpReset,
        RejectWith::IcmpPort => Answer::Port,
        RejectWith::IcmpHost => Answer::Host,
        RejectWith::IcmpAdmin => Answer::Admin,
    })
}

/// Connections are TCP's, so a block that acts on them, or traffic that names some of them, takes
/// TCP where any protocol is meant.
fn matching(fault: &Fault, block: Block, part: Part) -> Matching {
    let traffic = &fault.spec.traffic;
    let resets = block == Block::Reset || answer(fault, block) == Some(Answer::TcpReset);
    let of_connections = resets || traffic.names_connections();
    Matching {
        direction: match block {
            Block::Reset => Direction::Both,
            Block::Blackhole | Block::Reject => traffic.direction.unwrap_or(Direction::Both),
            _ => traffic.direction.unwrap_or(Direction::Egress),
        },
        protocol: match part.protocol {
            Protocol::Any if of_connections => Protocol::Tcp,
            protocol => protocol,
        },
        family: traffic.family,
        local_ports: traffic.local_ports.clone(),
        interfaces: traffic.interfaces,
        connections: traffic.connections,
        initiator: traffic.initiator,
        ..of_part(part)
    }
}
