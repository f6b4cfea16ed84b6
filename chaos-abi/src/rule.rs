//! Rules: what one does, to which share of the flows, until when.

use crate::{Block, bank::quarter};

/// The [`Rule::threshold`] of a rule that hits every flow.
pub const CERTAIN: u64 = 1 << 32;

/// Bits of [`Rule::flags`].
pub mod flag {
    /// Connections are drawn by their flow, not by their number.
    pub const BY_FLOW: u16 = 1;
}

/// Bits of the threshold's word below the rule's block.
const THRESHOLD_BITS: u32 = 48;

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
    /// The slot of the rule that spares packets from this one, plus one; 0 where there is none.
    pub spared_by: u16,
    /// Bits of [`flag`], and in bits 12 and 13 an [`Answer`](crate::Answer).
    pub flags: u16,
    /// Whose connections it numbers: rules with the same word share the numbers.
    pub block: u16,
}

impl Rule {
    /// The rule that stands at `slot` in the [`Block`] of its group of four.
    #[inline(always)]
    pub const fn at(block: &Block, slot: u32) -> Self {
        let first = (slot as usize & 3) * 4;
        let words = block[first + 3];
        Self {
            deadline: block[first],
            seed: block[first + 1],
            threshold: block[first + 2] & ((1 << THRESHOLD_BITS) - 1),
            action: quarter(words, 0),
            rank: quarter(words, 1),
            spared_by: quarter(words, 2),
            flags: quarter(words, 3),
            block: quarter(block[first + 2], 3),
        }
    }

    /// Puts it at `slot` in the [`Block`] of its group of four.
    pub fn put(&self, block: &mut Block, slot: u16) {
        let first = usize::from(slot & 3) * 4;
        let [action, rank, spared_by, flags] =
            [self.action, self.rank, self.spared_by, self.flags].map(u64::from);
        let words = action | rank << 16 | spared_by << 32 | flags << 48;
        let share = self.threshold | u64::from(self.block) << THRESHOLD_BITS;
        let rule = [self.deadline, self.seed, share, words];
        block[first..first + 4].copy_from_slice(&rule);
    }
}
