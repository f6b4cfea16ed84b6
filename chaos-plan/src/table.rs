//! The table of one namespace: which rule stands in which kernel slot.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use chaos_abi::{Action, Answer, CERTAIN, Rule, RuleSet, flag};
use chaos_api::{Block, FaultSpec, Interfaces};

use crate::netem;
use crate::{Image, Matching, PacketWords, Shape};

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
    /// The number of the cut that tells the connections that existed when it was first armed from
    /// those that began later; 0 where none was made.
    pub anchor: u32,
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

impl Fault {
    /// Whether it asks when a connection began, or who opened it.
    pub fn asks(&self) -> bool {
        self.spec.traffic.names_connections()
    }
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
    /// The block of the fault; `None` for one that spares packets from the others.
    pub block: Option<Block>,
    /// Which of the block's rules: one for each distinct set of peer ports. Of those that spare, 0 is
    /// that of probes, and the others are those of excepted peers.
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
    /// What the kernel's slot holds, but for the row of those that spare from it.
    pub rule: Rule,
    /// The slots of the rules that spare packets from it.
    pub spared_by: RuleSet,
    /// What the kernel's bit sets must let through to it.
    pub matching: Matching,
    /// What the delay line does to what it hits; `Some` where its action is that.
    pub shape: Option<Shape>,
}

/// The rules of one namespace by slot. Only [`lower`](crate::lower()) makes one that is not empty, so
/// each is within the kernel's limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub(crate) slots: BTreeMap<u16, PlannedRule>,
}

impl Table {
    /// The rules, by ascending slot.
    pub fn rules(&self) -> impl Iterator<Item = (u16, &PlannedRule)> {
        self.slots.iter().map(|(slot, rule)| (*slot, rule))
    }

    /// The rule in a slot.
    pub fn rule(&self, slot: u16) -> Option<&PlannedRule> {
        self.slots.get(&slot)
    }

    /// Whether it has no rule, so that every packet passes.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The rules that a packet matches, those that spare among them, told from their words alone and
    /// whenever its connection began.
    pub fn hits(&self, packet: &PacketWords) -> RuleSet {
        self.set(|rule| rule.matching.takes(packet))
    }

    /// Whether a rule of it acts on a packet, as far as time and draws allow.
    pub fn acts(&self, rule: &PlannedRule, packet: &PacketWords) -> bool {
        rule.rule.takes(&packet.birth) && self.may_act(rule, packet)
    }

    /// Whether a rule of it acts on a packet, if its connection began as the rule asks.
    pub fn may_act(&self, rule: &PlannedRule, packet: &PacketWords) -> bool {
        let mut sparing = rule.spared_by.iter().filter_map(|slot| self.rule(slot));
        rule.id.block.is_some()
            && rule.matching.takes(packet)
            && !sparing.any(|sparing| sparing.matching.takes(packet))
    }

    /// The rules that act on a packet, as far as time and draws allow.
    pub fn acting(&self, packet: &PacketWords) -> RuleSet {
        self.set(|rule| self.acts(rule, packet))
    }

    /// Whether a rule of it loses packets as the hook has them, which may be several of the wire, where
    /// the delay line could.
    pub fn has_losses(&self) -> bool {
        self.rules().any(|(_, rule)| rule.loses_by_hook())
    }

    /// Makes the delay line lose what the hook would have lost, by the packet of the wire.
    pub fn hand_losses(&mut self) {
        let losses = self.slots.values_mut();
        for rule in losses.filter(|rule| rule.loses_by_hook()) {
            rule.shape = Some(netem::lossy(rule.rule.threshold));
            rule.rule.action = Action::Line.word();
            rule.rule.threshold = CERTAIN;
        }
    }

    /// Whether the hooks may leave answers for user space to send: ICMP errors to SYNs.
    pub fn leaves_answers(&self) -> bool {
        let leaves = |rule: &Rule| {
            rule.action == Action::Reject.word()
                && Answer::from_flags(rule.flags) != Answer::TcpReset
        };
        self.rules().any(|(_, planned)| leaves(&planned.rule))
    }

    /// The kernel's tables for this one.
    pub fn image(&self) -> Image {
        Image::of(self)
    }

    /// The slots of some rules.
    pub fn set(&self, of: impl Fn(&PlannedRule) -> bool) -> RuleSet {
        let rules = self.rules().filter(|(_, rule)| of(rule));
        rules.map(|(slot, _)| slot).collect()
    }
}

impl PlannedRule {
    /// Whether the hook loses packets for it that the delay line could lose: not those of loopback.
    fn loses_by_hook(&self) -> bool {
        self.rule.action == Action::Loss.word() && self.matching.interfaces == Interfaces::Pod
    }

    /// Whether its draws ask which connection of its block one is, or which packet of that.
    pub fn needs_numbers(&self) -> bool {
        let by_number = self.rule.flags & flag::BY_FLOW == 0;
        let by_packet = self.rule.action == Action::Loss.word();
        self.id.block.is_some() && self.rule.threshold < CERTAIN && (by_number || by_packet)
    }
}
