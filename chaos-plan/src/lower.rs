//! Faults become a table: each block of a fault becomes one rule per distinct set of peer ports, and
//! what the fault spares becomes one more.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use chaos_abi::{self as abi, Action, CERTAIN, MAX_CLASSES, MAX_PREFIXES, MAX_RULES, Rule, Side};
use chaos_api::{Block, Direction, Family, IpBlock, Percent, PortRange, Protocol};
use thiserror::Error;

use crate::draw::splitmix64;
use crate::parts::{Part, parts};
use crate::{Fault, Matching, PlannedRule, RuleId, Table, ports, prefixes};

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
    /// More port classes than a `u8` tells apart.
    #[error(
        "the faults tell {0} classes of {side} ports apart; one target holds at most {MAX_CLASSES}",
        side = word(*.1)
    )]
    Classes(usize, Side),
}

/// The table for `faults`, whose specs are validated. A rule that `old` has keeps its slot; a new
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
    ports::check(&table, Side::Local)?;
    ports::check(&table, Side::Peer)?;
    Ok(table)
}

fn place(
    old: &Table,
    rules: impl Iterator<Item = PlannedRule>,
) -> Result<BTreeMap<u8, PlannedRule>, LowerError> {
    let all = 0..u8::try_from(MAX_RULES).expect("the slots fit a u8");
    let mut free = all.filter(|slot| !old.slots.contains_key(slot));
    let mut slots = BTreeMap::new();
    for rule in rules {
        let slot = old.slot_of(&rule.id).or_else(|| free.next());
        let slot = slot.ok_or_else(|| LowerError::Rules(rule.id.clone()))?;
        slots.insert(slot, rule);
    }
    Ok(slots)
}

fn rules(fault: &Fault) -> Vec<PlannedRule> {
    let mut rules = Vec::new();
    for (block, share) in fault.spec.faults.blocks() {
        for (number, part) in (0..).zip(parts(&fault.spec.traffic)) {
            let id = RuleId {
                fault: fault.name.clone(),
                block: Some(block),
                part: number,
            };
            rules.push(PlannedRule {
                id,
                rule: rule(fault, block, share),
                matching: matching(fault, block, part),
            });
        }
    }
    let met = |rule: &PlannedRule| rule.matching.takes_protocol(abi::Protocol::Tcp);
    if !fault.spare.is_empty() && rules.iter().any(met) {
        rules.push(sparing(fault));
    }
    rules
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
    }
}

/// All parts of a block share one seed, so a connection that two of them match is drawn once.
fn rule(fault: &Fault, block: Block, share: Option<Percent>) -> Rule {
    let action = match block {
        Block::Blackhole => Action::Blackhole,
        Block::Reset => Action::Reset,
    };
    Rule {
        deadline: fault.deadline,
        seed: splitmix64(fault.seed ^ u64::from(action.word())),
        threshold: share.map_or(CERTAIN, Percent::threshold),
        action: action.word(),
        _pad: 0,
    }
}

fn matching(fault: &Fault, block: Block, part: Part) -> Matching {
    let traffic = &fault.spec.traffic;
    let (direction, protocol) = match (block, part.protocol) {
        (Block::Reset, Protocol::Any) => (Direction::Both, Protocol::Tcp),
        (Block::Reset, protocol) => (Direction::Both, protocol),
        (Block::Blackhole, protocol) => (traffic.direction.unwrap_or(Direction::Both), protocol),
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

fn word(side: Side) -> &'static str {
    match side {
        Side::Local => "local",
        Side::Peer => "peer",
    }
}
