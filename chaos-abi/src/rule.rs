//! Rules: what one does, to which share of the flows, until when.

use crate::{Birth, Block, Opener, bank::quarter};

/// The [`Rule::threshold`] of a rule that hits every flow.
pub const CERTAIN: u64 = 1 << 32;

/// Bits of [`Rule::flags`].
pub mod flag {
    /// Connections are drawn by their flow, not by their number.
    pub const BY_FLOW: u16 = 1;
    /// Only connections that existed at the rule's [anchor](super::Rule::anchor).
    pub const EXISTING: u16 = 1 << 4;
    /// Only connections that did not.
    pub const NEW: u16 = 1 << 5;
    /// Only connections that the target opened.
    pub const BY_TARGET: u16 = 1 << 6;
    /// Only connections that the other end opened.
    pub const BY_PEER: u16 = 1 << 7;
}

/// Where the anchor begins in the word that holds threshold, anchor and block, and where the block.
const ANCHOR: u32 = 33;
const BLOCK: u32 = 54;

/// Rules that one [`Block`] holds.
pub const RULES_A_BLOCK: u32 = 4;

/// One rule of one fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// Boot-clock time, in nanoseconds, from which the rule lets everything pass.
    pub deadline: u64,
    /// Seed of the rule's draws.
    pub seed: u64,
    /// A connection, by a loss rule a packet, is hit when its 32-bit draw is below this; [`CERTAIN`]
    /// hits all.
    pub threshold: u64,
    /// An [`Action`](crate::Action) as its word; 0 in an empty slot and in that of a rule that spares.
    pub action: u16,
    /// Which of two rules with the same action acts: the lower one.
    pub rank: u16,
    /// The row of the rules that spare packets from this one; 0 where there is none.
    pub spared_by: u16,
    /// Bits of [`flag`], and in bits 12 and 13 an [`Answer`](crate::Answer).
    pub flags: u16,
    /// Whose connections it numbers: rules with the same word share the numbers. A slot.
    pub block: u16,
    /// The number of the cut that tells the connections that existed from those that began later;
    /// 21 bits.
    pub anchor: u32,
}

impl Rule {
    /// The rule that stands at `slot` in the [`Block`] of its group of four.
    #[inline(always)]
    pub const fn at(block: &Block, slot: u32) -> Self {
        let first = (slot as usize & 3) * 4;
        let (share, words) = (block[first + 2], block[first + 3]);
        Self {
            deadline: block[first],
            seed: block[first + 1],
            threshold: share & ((1 << ANCHOR) - 1),
            action: quarter(words, 0),
            rank: quarter(words, 1),
            spared_by: quarter(words, 2),
            flags: quarter(words, 3),
            block: (share >> BLOCK) as u16,
            anchor: (share >> ANCHOR) as u32 & ((1 << (BLOCK - ANCHOR)) - 1),
        }
    }

    /// Puts it at `slot` in the [`Block`] of its group of four.
    pub fn put(&self, block: &mut Block, slot: u16) {
        let first = usize::from(slot & 3) * 4;
        let words = [self.action, self.rank, self.spared_by, self.flags].map(u64::from);
        let [action, rank, spared_by, flags] = words;
        let words = action | rank << 16 | spared_by << 32 | flags << 48;
        let (anchor, own) = (u64::from(self.anchor), u64::from(self.block));
        let share = self.threshold | anchor << ANCHOR | own << BLOCK;
        let rule = [self.deadline, self.seed, share, words];
        block[first..first + 4].copy_from_slice(&rule);
    }

    /// Whether a connection that began like this is one that it asks for.
    #[inline(always)]
    pub const fn takes(&self, birth: &Birth) -> bool {
        let existed = birth.cut < self.anchor;
        let refused = if existed { flag::NEW } else { flag::EXISTING };
        let opener = if birth.opener == Opener::Target as u32 {
            flag::BY_PEER
        } else if birth.opener == Opener::Peer as u32 {
            flag::BY_TARGET
        } else {
            flag::BY_PEER | flag::BY_TARGET
        };
        self.flags & (refused | opener) == 0
    }
}
