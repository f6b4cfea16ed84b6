//! The table of one namespace: which rule stands in which kernel slot.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use chaos_abi::{Rule, RuleSet};
use chaos_api::{Block, FaultSpec};

use crate::{Image, Matching, PacketWords};

/// A fault as the engine runs it: its words, and what only its holder can know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its name, unique among the faults of one table.
    pub name: String,
    /// Its words, validated.
    pub spec: FaultSpec,
    /// Boot-clock nanoseconds at which it ends.
    pub deadline: u64,
    /// Seed of its draws.
    pub seed: u64,
    /// Connections that it leaves alone.
    pub spare: Spare,
}

/// Connections that a fault leaves alone, in both directions: those from one of the sources to one
/// of the target's ports. Nothing where either is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spare {
    /// TCP ports of the target.
    pub ports: Vec<u16>,
    /// Addresses of the other end; v4-mapped ones count as IPv4.
    pub sources: Vec<IpAddr>,
}

impl Spare {
    /// Whether it names no connection.
    pub fn is_empty(&self) -> bool {
        self.ports.is_empty() || self.sources.is_empty()
    }
}

/// The lasting identity of a kernel rule: it keeps its slot as long as it is planned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId {
    /// The fault's name.
    pub fault: String,
    /// The block of the fault; `None` for the rule that spares packets from the others.
    pub block: Option<Block>,
    /// Which of the block's rules: one for each distinct set of peer ports.
    pub part: u16,
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let block = self.block.map_or("spare", Block::as_str);
        write!(f, "{}/{block}/{}", self.fault, self.part)
    }
}

/// One rule: what it does in kernel words, and what it matches in user words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedRule {
    /// Its identity.
    pub id: RuleId,
    /// What the kernel's slot holds.
    pub rule: Rule,
    /// What the kernel's bit sets must let through to it.
    pub matching: Matching,
}

/// The rules of one namespace by slot. Only [`lower`](crate::lower()) makes one that is not empty, so
/// each is within the kernel's limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub(crate) slots: BTreeMap<u8, PlannedRule>,
}

impl Table {
    /// The rules, by ascending slot.
    pub fn rules(&self) -> impl Iterator<Item = (u8, &PlannedRule)> {
        self.slots.iter().map(|(slot, rule)| (*slot, rule))
    }

    /// The rule in a slot.
    pub fn rule(&self, slot: u8) -> Option<&PlannedRule> {
        self.slots.get(&slot)
    }

    /// Whether it has no rule, so that every packet passes.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The rules that a packet matches, told from their words alone.
    pub fn hits(&self, packet: &PacketWords) -> RuleSet {
        self.set(|rule| rule.matching.takes(packet))
    }

    /// The rules that spare packets from others.
    pub fn sparing(&self) -> RuleSet {
        self.set(|rule| rule.id.block.is_none())
    }

    /// Of the rules that a packet matches those that leave it alone, since others of them spare it.
    pub fn spared(&self, hits: RuleSet) -> RuleSet {
        let heard = self.spares().filter(|(slot, _)| hits >> slot & 1 == 1);
        heard.fold(0, |set, (_, spared)| set | spared) & hits
    }

    /// The rules that act on a packet, as far as time and draws allow.
    pub fn acting(&self, packet: &PacketWords) -> RuleSet {
        let hits = self.hits(packet);
        hits & !self.sparing() & !self.spared(hits)
    }

    /// The kernel's bit sets for this table.
    pub fn image(&self) -> Image {
        Image::of(self)
    }

    /// The slots of the rules that spare, each with the rules that it spares from: the others of its
    /// fault.
    pub(crate) fn spares(&self) -> impl Iterator<Item = (u8, RuleSet)> {
        let sparing = self.rules().filter(|(_, rule)| rule.id.block.is_none());
        sparing.map(|(slot, sparing)| {
            let of = |rule: &PlannedRule| rule.id.fault == sparing.id.fault;
            (slot, self.set(of) & !(1 << slot))
        })
    }

    /// The slots of some rules.
    pub(crate) fn set(&self, of: impl Fn(&PlannedRule) -> bool) -> RuleSet {
        let rules = self.rules().filter(|(_, rule)| of(rule));
        rules.fold(0, |set, (slot, _)| set | 1 << slot)
    }

    /// The slot of a rule.
    pub(crate) fn slot_of(&self, id: &RuleId) -> Option<u8> {
        self.rules()
            .find(|(_, rule)| rule.id == *id)
            .map(|(slot, _)| slot)
    }
}
