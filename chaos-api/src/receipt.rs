//! What a fault tells about itself, while it runs and after: what it really hit.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Block, Direction, Draw, Span};

/// The account of one fault. Times are wall-clock, to the millisecond.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Receipt {
    /// The fault's name.
    pub name: String,
    /// Its blocks in words, such as `reset 50%`.
    pub faults: Vec<String>,
    /// What it targets, as the holder describes it.
    pub target: String,
    /// The seed of its draws.
    pub seed: u64,
    /// What its draws go by.
    #[serde(default)]
    pub draw: Draw,
    /// Whether it is in force.
    pub state: State,
    /// Why it ended; absent while it is in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<EndReason>,
    /// When it came into force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Whether any packet or connection met one of its rules while it was in force.
    pub traffic_matched: bool,
    /// Distinct connections that were reset or refused.
    pub connections_reset: u64,
    /// The first time a packet met one of its rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_hit: Option<Timestamp>,
    /// The latest time a packet met one of its rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_hit: Option<Timestamp>,
    /// How long, in all, its holder did not renew its lease, so that it let everything pass.
    #[serde(default)]
    pub interrupted: Span,
    /// Its rules and what each did.
    pub rules: Vec<RuleReceipt>,
    /// All traffic of the target while the hooks were attached, whichever fault it met.
    pub seen: Vec<SeenReceipt>,
    /// What the reader should know, a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// Where a fault stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum State {
    /// In force.
    Active,
    /// Over, and no kernel holds it.
    Ended,
}

/// Why a fault ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EndReason {
    /// Its time was over.
    Expired,
    /// A user stopped it, or the command it was run for ended.
    Stopped,
    /// The process that held it went away.
    HolderExited,
    /// The target went away.
    TargetGone,
    /// The node's agent was started anew, and what it remembered of connections was lost.
    AgentRestarted,
    /// What it knew of the connections that existed when it was first armed was lost; it would hit
    /// others from then on.
    SnapshotLost,
    /// Every fault in the cluster was stopped at once.
    Halted,
}

impl EndReason {
    /// The reason as one word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Expired => "Expired",
            Self::Stopped => "Stopped",
            Self::HolderExited => "HolderExited",
            Self::TargetGone => "TargetGone",
            Self::AgentRestarted => "AgentRestarted",
            Self::SnapshotLost => "SnapshotLost",
            Self::Halted => "Halted",
        }
    }

    /// The reason in words, as a sentence goes on after "ended: ".
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "its time was over",
            Self::Stopped => "stopped",
            Self::HolderExited => "the process that held it went away",
            Self::TargetGone => "the target went away",
            Self::AgentRestarted => "the node's agent was restarted",
            Self::SnapshotLost => "which connections existed before it is no longer known",
            Self::Halted => "stopped with all others",
        }
    }
}

/// One rule of a fault, with its counters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RuleReceipt {
    /// The block the rule belongs to.
    pub fault: Block,
    /// The traffic it matches, in words.
    pub traffic: String,
    /// What it did.
    pub counters: RuleCounters,
}

/// What one rule did, in packets as the hook sees them (a GSO packet counts as one).
///
/// Counters that another version does not have, or has more of, are no reason not to read the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct RuleCounters {
    /// Packets that matched while the rule was in force; the sum of the fates below.
    pub matched: u64,
    /// Their bytes, link header included.
    pub matched_bytes: u64,
    /// Matched, but the connection was not drawn.
    pub undrawn: u64,
    /// Matched and drawn, but another rule's action won.
    pub outranked: u64,
    /// Dropped silently.
    pub dropped: u64,
    /// Answered with RST to both ends.
    pub reset: u64,
    /// New attempts refused: connections, and datagrams that `reject` answers.
    pub refused: u64,
    /// RST segments of the ends themselves, let through by a reset rule; what is no attempt, by a
    /// reject rule.
    pub let_through: u64,
    /// Handed to the delay line, which did what the counters below tell.
    pub diverted: u64,
    /// Meant for the delay line, which did not answer, or had four rules for the packet already; passed as
    /// they were.
    pub bypassed: u64,
    /// Meant to be answered or handed over, but the kernel could not; dropped instead.
    pub failed: u64,
    /// Connections reset without a passing packet; not part of `matched`.
    pub idle_reset: u64,
    /// Packets of connections that the fault spares, such as the kubelet's probes; they passed; not
    /// part of `matched`.
    pub spared: u64,
    /// Packets that matched after the rule's deadline, and passed; not part of `matched`.
    pub expired: u64,
    /// Packets that matched while the holder's lease was over, and passed; not part of `matched`.
    pub lapsed: u64,
    /// Held back by the delay line; not part of `matched`, as all that the line tells.
    pub delayed: u64,
    /// Packets of the wire that the delay line lost.
    pub lost: u64,
    /// Packets of the wire that it sent twice.
    pub duplicated: u64,
    /// Packets of the wire in which it flipped a bit.
    pub corrupted: u64,
    /// Packets of the wire that it did not delay, ahead of others.
    pub reordered: u64,
    /// Sent on at the rule's rate.
    pub shaped: u64,
    /// Dropped since the queue of the rule's rate, the delay line's memory, or the queue in front of it was
    /// full.
    pub overflowed: u64,
}

impl RuleCounters {
    /// The sums of both.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        self.combined(other, u64::saturating_add)
    }

    /// The higher of both, counter by counter.
    #[must_use]
    pub fn most(self, other: Self) -> Self {
        self.combined(other, u64::max)
    }

    /// Both, counter by counter.
    #[must_use]
    pub fn combined(self, other: Self, both: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            matched: both(self.matched, other.matched),
            matched_bytes: both(self.matched_bytes, other.matched_bytes),
            undrawn: both(self.undrawn, other.undrawn),
            outranked: both(self.outranked, other.outranked),
            dropped: both(self.dropped, other.dropped),
            reset: both(self.reset, other.reset),
            refused: both(self.refused, other.refused),
            let_through: both(self.let_through, other.let_through),
            diverted: both(self.diverted, other.diverted),
            bypassed: both(self.bypassed, other.bypassed),
            failed: both(self.failed, other.failed),
            idle_reset: both(self.idle_reset, other.idle_reset),
            spared: both(self.spared, other.spared),
            expired: both(self.expired, other.expired),
            lapsed: both(self.lapsed, other.lapsed),
            delayed: both(self.delayed, other.delayed),
            lost: both(self.lost, other.lost),
            duplicated: both(self.duplicated, other.duplicated),
            corrupted: both(self.corrupted, other.corrupted),
            reordered: both(self.reordered, other.reordered),
            shaped: both(self.shaped, other.shaped),
            overflowed: both(self.overflowed, other.overflowed),
        }
    }

    /// The counters with their names in words, in the order of the fields.
    pub const fn named(&self) -> [(&'static str, u64); 22] {
        [
            ("matched", self.matched),
            ("matched bytes", self.matched_bytes),
            ("undrawn", self.undrawn),
            ("outranked", self.outranked),
            ("dropped", self.dropped),
            ("reset", self.reset),
            ("refused", self.refused),
            ("let through", self.let_through),
            ("diverted", self.diverted),
            ("bypassed", self.bypassed),
            ("failed", self.failed),
            ("idle reset", self.idle_reset),
            ("spared", self.spared),
            ("expired", self.expired),
            ("lapsed", self.lapsed),
            ("delayed", self.delayed),
            ("lost", self.lost),
            ("duplicated", self.duplicated),
            ("corrupted", self.corrupted),
            ("reordered", self.reordered),
            ("shaped", self.shaped),
            ("overflowed", self.overflowed),
        ]
    }
}

/// The traffic one hook saw, matched or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeenReceipt {
    /// The interface's name.
    pub interface: String,
    /// Which way; never `Both`.
    pub direction: Direction,
    /// Packets (a GSO packet counts as one).
    pub packets: u64,
    /// Their bytes, link header included.
    pub bytes: u64,
}
