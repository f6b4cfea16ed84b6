//! What one rule means for one packet, and which of several rules acts.

use chaos_abi::{Action, Bank, Rule, RuleSet};

use crate::{Packet, drawn, hash};

/// The last slot; a mask, since there are 64 of them.
const LAST: u32 = RuleSet::BITS - 1;

/// What a matching rule means for a packet.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The slot is empty or holds a word of another version: nothing.
    Void,
    /// The rule's time is over: pass.
    Expired,
    /// The rule is in force, but the holder's lease is over: pass.
    Lapsed,
    /// The rule is in force, but its fault spares this connection: pass.
    Spared,
    /// The rule is in force, but did not draw this connection: pass.
    Undrawn,
    /// The rule hits the packet.
    Hit(Action),
}

/// The rules that a packet matches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Matched {
    /// Those with an action.
    pub acting: RuleSet,
    /// Those that spare the packet from others.
    pub sparing: RuleSet,
    /// The bank that says so.
    pub bank: Bank,
}

/// One packet before its rules. It lives in a map value, so that the verifier has nothing to
/// remember of it from one rule to the next.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Case {
    /// The rules with an action that have not judged the packet yet.
    acting: RuleSet,
    /// The rules that spare it and whose word has not been heard yet.
    sparing: RuleSet,
    /// The rules that leave it alone.
    spared: RuleSet,
    /// Boot-clock nanoseconds.
    pub now: u64,
    /// The flow in one word.
    pub hash: u64,
    /// The packet.
    pub packet: Packet,
    /// Bytes of the frame.
    pub length: u32,
    /// The [`Bank`] in which it was matched, as its word.
    bank: u32,
    /// 1 while the holder's lease runs.
    leased: u32,
    /// The strongest hit so far: an [`Action`] as its word; 0 for none.
    action: u32,
    /// The slot of the strongest hit.
    slot: u32,
}

/// The rule that acts on a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// What it does.
    pub action: Action,
    /// Whose it is.
    pub slot: u32,
}

impl Case {
    /// Opens the case of a packet that matches these rules.
    #[inline(always)]
    pub fn open(&mut self, matched: Matched, now: u64, leased: bool) {
        self.acting = matched.acting;
        self.sparing = matched.sparing;
        self.spared = 0;
        self.bank = matched.bank as u32;
        self.now = now;
        self.hash = hash(&self.packet.flow);
        self.leased = u32::from(leased);
        (self.action, self.slot) = (0, 0);
    }

    /// The slot of the next rule that spares the packet, and the bank that says from which rules;
    /// `None` after the last. They are heard before any rule judges.
    #[inline(always)]
    pub fn next_sparing(&mut self) -> Option<(Bank, u32)> {
        let slot = take_lowest(&mut self.sparing)?;
        Some((Bank::from_word(self.bank), slot))
    }

    /// Makes these rules leave the packet alone.
    #[inline(always)]
    pub fn spare(&mut self, rules: RuleSet) {
        self.spared |= rules;
    }

    /// The slot of the next rule to judge the packet; `None` after the last.
    #[inline(always)]
    pub fn next_rule(&mut self) -> Option<u32> {
        take_lowest(&mut self.acting)
    }

    /// What the rule in `slot` means for the packet.
    #[inline(always)]
    pub fn fate(&self, slot: u32, rule: &Rule) -> Fate {
        let Some(action) = Action::from_word(rule.action) else {
            return Fate::Void;
        };
        if self.now >= rule.deadline {
            Fate::Expired
        } else if self.leased == 0 {
            Fate::Lapsed
        } else if self.spared >> (slot & LAST) & 1 != 0 {
            Fate::Spared
        } else if drawn(rule, self.hash) {
            Fate::Hit(action)
        } else {
            Fate::Undrawn
        }
    }

    /// Takes another hit. Of two, the stronger action acts, then the one taken first; returns the
    /// slot of the one that does not.
    #[inline(always)]
    pub fn hit(&mut self, hit: Hit) -> Option<u32> {
        let action = hit.action.word();
        if self.action == 0 {
            (self.action, self.slot) = (action, hit.slot);
            return None;
        }
        if action > self.action {
            let loser = self.slot;
            (self.action, self.slot) = (action, hit.slot);
            return Some(loser);
        }
        Some(hit.slot)
    }

    /// The rule that acts.
    #[inline(always)]
    pub fn acting(&self) -> Option<Hit> {
        let action = Action::from_word(self.action)?;
        Some(Hit {
            action,
            slot: self.slot,
        })
    }
}

/// Takes the lowest slot out of a set; `None` where the set is empty.
#[inline(always)]
fn take_lowest(set: &mut RuleSet) -> Option<u32> {
    let slot = lowest(*set) & LAST;
    if *set == 0 {
        return None;
    }
    *set &= *set - 1;
    Some(slot)
}

/// The lowest slot in a set, 64 in an empty one; in arithmetic alone: BPF has no instruction for it.
#[inline(always)]
const fn lowest(set: RuleSet) -> u32 {
    let below = (set & set.wrapping_neg()).wrapping_sub(1);
    let pairs = below - ((below >> 1) & 0x5555_5555_5555_5555);
    let fours = (pairs & 0x3333_3333_3333_3333) + ((pairs >> 2) & 0x3333_3333_3333_3333);
    let bytes = (fours + (fours >> 4)) & 0x0f0f_0f0f_0f0f_0f0f;
    (bytes.wrapping_mul(0x0101_0101_0101_0101) >> 56) as u32
}

#[cfg(test)]
mod tests;
