//! What one rule means for one packet, and which of several rules acts.

use chaos_abi::{
    Action, Bank, Birth, Block, DrawKey, Drawn, LINE_RULES, NO_RULE, RULES_A_BLOCK, Rule, WORDS,
};

use crate::{Losses, Matched, Packet, Tables, hash};

/// What a matching rule means for a packet.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The rule spares packets from others, or asks for other connections, or its slot is empty or
    /// holds a word of another version: nothing.
    Void,
    /// The rule's time is over: pass.
    Expired,
    /// The rule is in force, but the holder's lease is over: pass.
    Lapsed,
    /// The rule is in force, but its fault spares this connection: pass.
    Spared,
    /// The rule is in force, but refuses attempts, and this is none: pass.
    LetThrough,
    /// The rule is in force, and hits what it draws.
    Hit(Action),
}

/// One packet before its rules. It lives in a map value, so that the verifier has nothing to
/// remember of it from one rule to the next.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Case {
    /// The rules that it matches; the words whose turn is over are taken out of its `words`.
    matched: Matched,
    /// Those of the word at `at` that have not judged the packet yet.
    left: u64,
    /// Boot-clock nanoseconds.
    pub now: u64,
    /// The flow in one word.
    pub hash: u64,
    /// How its connection began.
    pub birth: Birth,
    /// The packet.
    pub packet: Packet,
    /// 1 once the packet has been read.
    pub is_read: u32,
    /// Bytes of the frame.
    pub length: u32,
    /// The word whose turn it is.
    at: u32,
    /// The [`Bank`] in which it was matched, as its word.
    bank: u32,
    /// 1 while the holder's lease runs.
    leased: u32,
    /// The strongest hit so far: its rule's action as its word, 0 for none; and its rank.
    action: u16,
    rank: u16,
    /// The slot of the strongest hit.
    slot: u32,
    /// The slots of the delay line's rules that hit it; the rest are [`NO_RULE`].
    pub lines: [u16; LINE_RULES],
    /// The rule whose turn it is.
    pub rule: Rule,
    /// What draws look up and put in.
    pub key: DrawKey,
    /// See `key`.
    pub fresh: Drawn,
    /// What loss rules drew.
    pub losses: Losses,
}

/// The rule that acts on a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// What it does.
    pub action: Action,
    /// Its rule's [rank](Rule::rank).
    pub rank: u16,
    /// Whose it is.
    pub slot: u32,
}

impl Case {
    /// Begins to look for the rules that the packet matches in a bank.
    #[inline(always)]
    pub fn look(&mut self, bank: Bank) {
        self.matched.clear();
        self.bank = bank as u32;
    }

    /// Adds those that it matches by one of its [identities](Packet::identities).
    #[inline(always)]
    pub fn join(&mut self, tables: &impl Tables, identity: u32) {
        // Without a row it adds nothing.
        let _ = self.matched.join(tables, &self.packet, identity);
    }

    /// The bank that is looked at.
    #[inline(always)]
    pub fn bank(&self) -> Bank {
        Bank::from_word(self.bank)
    }

    /// Whether it matches any.
    #[inline(always)]
    pub fn has_rules(&self) -> bool {
        self.matched.words != 0
    }

    /// Opens the case of a packet that matches rules.
    #[inline(always)]
    pub fn open(&mut self, now: u64, leased: bool) {
        (self.left, self.at) = (0, 0);
        self.now = now;
        self.hash = hash(&self.packet.flow);
        self.leased = u32::from(leased);
        (self.action, self.rank, self.slot) = (0, 0, 0);
        self.lines = [NO_RULE; LINE_RULES];
        self.losses.clear();
    }

    /// The slot of the next rule to judge the packet; `None` after the last.
    #[inline(always)]
    pub fn next_rule(&mut self) -> Option<u32> {
        if self.left == 0 {
            let words = &mut self.matched.words;
            if *words == 0 {
                return None;
            }
            self.at = lowest(u64::from(*words));
            *words &= *words - 1;
            self.left = self.matched.set[self.at as usize % WORDS];
        }
        let slot = self.at * u64::BITS + lowest(self.left) % u64::BITS;
        self.left &= self.left.wrapping_sub(1);
        Some(slot)
    }

    /// The bank and the block in which the rule of a slot stands.
    #[inline(always)]
    pub fn place(&self, slot: u32) -> (Bank, u32) {
        let block = self.matched.rules + slot / RULES_A_BLOCK;
        (self.bank(), block)
    }

    /// What a rule means for the packet, of which others of its fault may spare it, before its draw.
    #[inline(always)]
    pub fn fate(&self, rule: &Rule, spared: bool) -> Fate {
        let Some(action) = Action::from_word(rule.action) else {
            return Fate::Void;
        };
        if !rule.takes(&self.birth) {
            Fate::Void
        } else if self.now >= rule.deadline {
            Fate::Expired
        } else if self.leased == 0 {
            Fate::Lapsed
        } else if spared {
            Fate::Spared
        } else if action == Action::Reject && !self.packet.attempts() {
            Fate::LetThrough
        } else {
            Fate::Hit(action)
        }
    }

    /// Takes another hit. Of two, the stronger action acts, then the lower rank; returns the slot of
    /// the one that does not.
    #[inline(always)]
    pub fn hit(&mut self, hit: Hit) -> Option<u32> {
        let action = hit.action.word();
        let wins = action > self.action || action == self.action && hit.rank < self.rank;
        if !wins {
            return Some(hit.slot);
        }
        let loser = (self.action != 0).then_some(self.slot);
        (self.action, self.rank, self.slot) = (action, hit.rank, hit.slot);
        loser
    }

    /// Takes a hit of the delay line; `false` where it has as many as it can.
    #[inline(always)]
    pub fn divert(&mut self, slot: u32) -> bool {
        for line in &mut self.lines {
            if *line == NO_RULE {
                *line = (slot & 0xffff) as u16;
                return true;
            }
        }
        false
    }

    /// Whether the delay line's rules hit it.
    #[inline(always)]
    pub fn has_lines(&self) -> bool {
        self.lines[0] != NO_RULE
    }

    /// The rule that acts.
    #[inline(always)]
    pub fn acting(&self) -> Option<Hit> {
        let action = Action::from_word(self.action)?;
        Some(Hit {
            action,
            rank: self.rank,
            slot: self.slot,
        })
    }

    /// Names what the rule's block keeps of the packet's connection, or at another place than 0 of a
    /// fragmented packet of it.
    #[inline(always)]
    pub fn name(&mut self, place: u32) {
        self.key = DrawKey {
            flow: self.packet.flow,
            block: u32::from(self.rule.block),
            place,
        };
    }

    /// Whether the packet matches one of the rules in this row.
    #[inline(always)]
    pub fn has_met(&self, row: &Block) -> bool {
        self.matched.meets(row)
    }
}

/// The lowest bit of a word, 64 in an empty one; in arithmetic alone: BPF has no instruction for it.
#[inline(always)]
const fn lowest(set: u64) -> u32 {
    let below = (set & set.wrapping_neg()).wrapping_sub(1);
    let pairs = below - ((below >> 1) & 0x5555_5555_5555_5555);
    let fours = (pairs & 0x3333_3333_3333_3333) + ((pairs >> 2) & 0x3333_3333_3333_3333);
    let bytes = (fours + (fours >> 4)) & 0x0f0f_0f0f_0f0f_0f0f;
    (bytes.wrapping_mul(0x0101_0101_0101_0101) >> 56) as u32
}

#[cfg(test)]
mod tests;
