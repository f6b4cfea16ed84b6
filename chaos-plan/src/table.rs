//! The table of one namespace: which rule stands in which kernel slot.

use std::collections::BTreeMap;
use std::fmt;

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
}

/// The lasting identity of a kernel rule: it keeps its slot as long as it is planned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId {
    /// The fault's name.
    pub fault: String,
    /// The block of the fault.
    pub block: Block,
    /// Which of the block's rules: one for each distinct set of peer ports.
    pub part: u16,
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}/{}/{}", self.fault, self.block.as_str(), self.part)
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

    /// Whether it has no rule, so that every packet passes.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The rules that a packet matches, told from their words alone.
    pub fn hits(&self, packet: &PacketWords) -> RuleSet {
        let hit = self.rules().filter(|(_, rule)| rule.matching.takes(packet));
        hit.fold(0, |set, (slot, _)| set | 1 << slot)
    }

    /// The kernel's bit sets for this table.
    pub fn image(&self) -> Image {
        Image::of(self)
    }

    /// The slot of a rule.
    pub(crate) fn slot_of(&self, id: &RuleId) -> Option<u8> {
        self.rules()
            .find(|(_, rule)| rule.id == *id)
            .map(|(slot, _)| slot)
    }
}
