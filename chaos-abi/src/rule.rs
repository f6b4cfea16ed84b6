//! Rules, and the bit sets that find the ones a packet matches.
//!
//! A packet matches the rules in `peers & local ports & peer ports & traits`: each look-up gives
//! the set of rules that its part of the packet satisfies, bit *n* standing for rule slot *n*.
//!
//! A rule in [`Traits::sparing`] has no action: the rules that stand for it at [`Bank::spares`] leave
//! a packet that matches it alone.

use bytemuck::{Pod, Zeroable};

use crate::{Direction, MAX_CLASSES, Protocol};

/// A set of rule slots.
pub type RuleSet = u64;

/// The [`Rule::threshold`] of a rule that hits every flow.
pub const CERTAIN: u64 = 1 << 32;

/// One rule of one fault: what it does, to which share of the flows, until when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Rule {
    /// Boot-clock time, in nanoseconds, from which the rule lets everything pass.
    pub deadline: u64,
    /// Seed of the rule's draws.
    pub seed: u64,
    /// A flow is hit when its 32-bit draw is below this; [`CERTAIN`] hits every flow.
    pub threshold: u64,
    /// An [`Action`](crate::Action) as its word; 0 in an empty slot and in that of a rule that spares.
    pub action: u32,
    /// Always zero.
    pub _pad: u32,
}

/// Which of the two copies of the bit sets the hooks read; the other one may be rewritten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u32)]
pub enum Bank {
    /// The first copy, active in a freshly loaded object.
    #[default]
    A = 0,
    /// The second copy.
    B = 1,
}

impl Bank {
    /// The bank a word stands for: any word but 0 is [`Bank::B`].
    #[inline(always)]
    pub const fn from_word(word: u32) -> Self {
        if word == 0 { Self::A } else { Self::B }
    }

    /// Index, in the map of what rules spare from, of the one in `slot`.
    #[inline(always)]
    pub const fn spares(self, slot: u32) -> u32 {
        self as u32 * RuleSet::BITS + slot
    }

    /// The other bank.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// What the hooks read first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Config {
    /// The active [`Bank`] as its word.
    pub bank: u32,
    /// 0: the table is empty and every packet passes at the first test.
    pub armed: u32,
}

/// Which end of a flow a port belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Side {
    /// The target's end.
    Local = 0,
    /// The other end.
    Peer = 1,
}

impl Side {
    /// Index, in the port maps, of this side's table in `bank`.
    #[inline(always)]
    pub const fn index(self, bank: Bank) -> u32 {
        bank as u32 * 2 + self as u32
    }
}

/// The class of each port, indexed by the port as it is read from the wire without a byte swap
/// (the verifier of Linux 6.1 loses the bounds of a swapped value).
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(transparent)]
pub struct PortClasses(pub [u8; 65536]);

impl PortClasses {
    /// The index of a port that is given in network order.
    #[inline(always)]
    pub const fn index(port: [u8; 2]) -> usize {
        u16::from_ne_bytes(port) as usize
    }
}

/// The rules that each port class satisfies.
pub type ClassSets = [RuleSet; MAX_CLASSES];

/// The rules that direction, protocol and family satisfy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Traits {
    /// Indexed by [`Direction`].
    pub direction: [RuleSet; 2],
    /// Indexed by [`Protocol`].
    pub protocol: [RuleSet; 4],
    /// Indexed by 0 for IPv4, 1 for IPv6.
    pub family: [RuleSet; 2],
    /// Rules that name no port, which packets without ports can still match.
    pub portless: RuleSet,
    /// Rules that spare.
    pub sparing: RuleSet,
}

impl Traits {
    /// The rules that a packet with these traits satisfies.
    #[inline(always)]
    pub const fn select(&self, direction: Direction, protocol: Protocol, v6: bool) -> RuleSet {
        self.direction[direction as usize]
            & self.protocol[protocol as usize]
            & self.family[v6 as usize]
    }
}
