//! Faults become a table: each block of a fault becomes one rule per distinct set of peer ports, and
//! what the fault spares becomes one more.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use chaos_abi::{self as abi, Action, Answer, CERTAIN, MAX_PREFIXES, MAX_RULES, Rule, flag};
use chaos_api::{
    Block, Direction, Draw, Family, IpBlock, Percent, PortRange, Protocol, RejectWith,
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
    spare(&mut slots);
    number(&mut slots);
    Ok(slots)
}

/// Gives the rules of one block its word: the slot of its first part, which an edit leaves in place.
fn number(slots: &mut BTreeMap<u16, PlannedRule>) {
    let first = slots.iter().filter(|(_, rule)| rule.id.part == 0);
    let first: BTreeMap<(String, Option<Block>), u16> = first
        .map(|(slot, rule)| ((rule.id.fault.clone(), rule.id.block), *slot))
        .collect();
    for rule in slots.values_mut() {
        rule.rule.block = first[&(rule.id.fault.clone(), rule.id.block)];
    }
}

/// Tells each rule which one spares packets from it: that of its fault.
fn spare(slots: &mut BTreeMap<u16, PlannedRule>) {
    let sparing = slots.iter().filter(|(_, rule)| rule.id.block.is_none());
    let sparing: BTreeMap<String, u16> = sparing
        .map(|(slot, rule)| (rule.id.fault.clone(), *slot))
        .collect();
    for rule in slots.values_mut().filter(|rule| rule.id.block.is_some()) {
        let by = sparing.get(&rule.id.fault);
        rule.rule.spared_by = by.map_or(0, |slot| slot + 1);
    }
}

fn rules(fault: &Fault) -> Vec<PlannedRule> {
    let mut rules = Vec::new();
    for (block, share, shape) in blocks(fault) {
        for (number, part) in (0..).zip(parts(&fault.spec.traffic)) {
            let id = RuleId {
                fault: fault.name.clone(),
                block: Some(block),
                part: number,
            };
            rules.push(PlannedRule {
                id,
                rule: rule(fault, block, share, shape.is_some()),
                matching: matching(fault, block, part),
                shape: shape.clone(),
            });
        }
    }
    let met = |rule: &PlannedRule| rule.matching.takes_protocol(abi::Protocol::Tcp);
    if !fault.spare.is_empty() && rules.iter().any(met) {
        rules.push(sparing(fault));
    }
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

/// The rule that spares packets from the others of `fault`: its slot has no action.
fn sparing(fault: &Fault) -> PlannedRule {
    let ports: BTreeSet<u16> = fault.spare.ports.iter().copied().collect();
    let sources = fault.spare.sources.iter().map(IpAddr::to_canonical);
    let sources: BTreeSet<IpAddr> = sources.collect();
    let port = |port| PortRange::new(port, port).expect("one port is in order");
    let peer = |address: IpAddr| IpBlock {
        cidr: address.into(),
        except: Vec::new(),
    };
    PlannedRule {
        id: RuleId {
            fault: fault.name.clone(),
            block: None,
            part: 0,
        },
        rule: Rule::default(),
        matching: Matching {
            direction: Direction::Both,
            protocol: Protocol::Tcp,
            family: Family::Any,
            local_ports: ports.into_iter().map(port).collect(),
            peers: sources.into_iter().map(peer).collect(),
            peer_ports: Vec::new(),
        },
        shape: None,
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
        ..Rule::default()
    }
}

/// What else a rule of the block needs to know.
fn flags(fault: &Fault, block: Block) -> u16 {
    let draw = match fault.spec.draw {
        Draw::Ordinal => 0,
        Draw::Flow => flag::BY_FLOW,
    };
    draw | answer(fault, block).map_or(0, Answer::flags)
}

/// What a rule of the block answers, where there is a choice.
fn answer(fault: &Fault, block: Block) -> Option<Answer> {
    let reject = fault
        .spec
        .faults
        .reject
        .filter(|_| block == Block::Reject)?;
    Some(match reject.with {
        RejectWith::TcpReset => Answer::TcpReset,
        RejectWith::IcmpPort => Answer::Port,
        RejectWith::IcmpHost => Answer::Host,
        RejectWith::IcmpAdmin => Answer::Admin,
    })
}

fn matching(fault: &Fault, block: Block, part: Part) -> Matching {
    let traffic = &fault.spec.traffic;
    let (direction, protocol) = match (block, part.protocol) {
        (Block::Reset, Protocol::Any) => (Direction::Both, Protocol::Tcp),
        (Block::Reset, protocol) => (Direction::Both, protocol),
        (Block::Blackhole | Block::Reject, protocol) => {
            (traffic.direction.unwrap_or(Direction::Both), protocol)
        }
        (_, protocol) => (traffic.direction.unwrap_or(Direction::Egress), protocol),
    };
    let protocol = match (answer(fault, block), protocol) {
        (Some(Answer::TcpReset), Protocol::Any) => Protocol::Tcp,
        _ => protocol,
    };
    Matching {
        direction,
        protocol,
        family: traffic.family,
        local_ports: traffic.local_ports.clone(),
        peers: part.blocks.unwrap_or_default(),
        peer_ports: part.ports.into_iter().collect(),
    }
}
