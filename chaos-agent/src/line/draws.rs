//! The draws of one flow, in one direction, by one rule: the same seed draws the same.

use chaos_plan::{Chance, Share, splitmix64};

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Delay = 0,
    Loss = 1,
    Duplicate = 2,
    Corrupt = 3,
    Reorder = 4,
    State = 5,
}

const PURPOSES: usize = 6;

/// One series of draws a purpose.
#[derive(Clone, Debug, Default)]
pub(super) struct Draws {
    key: u64,
    /// How many draws there were.
    index: [u32; PURPOSES],
    /// The latest draw.
    last: [u64; PURPOSES],
}

impl Draws {
    pub(super) fn new(seed: u64, flow: u64, direction: u32) -> Self {
        Self {
            key: splitmix64(splitmix64(seed) ^ flow) ^ u64::from(direction),
            ..Self::default()
        }
    }

    /// A number out of all of 64 bits. With a correlation it repeats the one before as often as that
    /// says: then it is the correlation of neighbours, its k-th power that of those k apart, and each
    /// number for itself is as likely as without. (netem mixes the two numbers, which draws towards
    /// the middle: of 25 % with 25 % are left 16.7 %.)
    pub(super) fn next(&mut self, purpose: Purpose, correlation: Share) -> u64 {
        let at = purpose as usize;
        let index = u64::from(self.index[at]);
        self.index[at] = self.index[at].wrapping_add(1);
        let key = splitmix64(self.key.wrapping_add(at as u64));
        let fresh = splitmix64(key.wrapping_add(index.wrapping_mul(GOLDEN)));
        if correlation > 0 && index > 0 && below(splitmix64(fresh ^ GOLDEN), correlation) {
            return self.last[at];
        }
        self.last[at] = fresh;
        fresh
    }

    /// Whether it happens this time.
    pub(super) fn happens(&mut self, purpose: Purpose, chance: &Chance) -> bool {
        below(self.next(purpose, chance.correlation), chance.share)
    }
}

/// Whether a number is within a share of all.
pub(super) fn below(number: u64, share: Share) -> bool {
    number >> 32 < share
}

#[cfg(test)]
mod tests;
