//! Sets of rules, as the kernel compares them: sixty-four slots a word.

use bytemuck::{Pod, Zeroable};

use crate::WORDS;

/// A set of rule slots: bit *n* % 64 of word *n* / 64 stands for slot *n*.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Pod, Zeroable)]
#[repr(transparent)]
pub struct RuleSet(pub [u64; WORDS]);

impl RuleSet {
    /// No rule.
    pub const EMPTY: Self = Self([0; WORDS]);

    /// Adds a slot, which is below [`MAX_RULES`](crate::MAX_RULES).
    pub fn insert(&mut self, slot: u16) {
        self.0[usize::from(slot) / 64] |= 1 << (slot % 64);
    }

    /// Takes a slot out.
    pub fn remove(&mut self, slot: u16) {
        self.0[usize::from(slot) / 64] &= !(1 << (slot % 64));
    }

    /// Whether a slot is in it.
    pub fn contains(&self, slot: u16) -> bool {
        let word = self.0.get(usize::from(slot) / 64);
        word.is_some_and(|word| word >> (slot % 64) & 1 == 1)
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        *self == Self::EMPTY
    }

    /// Its slots, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u16> {
        let words = (0..).step_by(64).zip(self.0).filter(|(_, word)| *word != 0);
        words.flat_map(|(first, word)| {
            let bits = (0..64).filter(move |bit| word >> bit & 1 == 1);
            bits.map(move |bit| first + bit)
        })
    }

    /// The slots that are in both.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        for (word, other) in self.0.iter_mut().zip(other.0) {
            *word &= other;
        }
        self
    }

    /// The slots that are in either.
    #[must_use]
    pub fn or(mut self, other: &Self) -> Self {
        for (word, other) in self.0.iter_mut().zip(other.0) {
            *word |= other;
        }
        self
    }
}

impl FromIterator<u16> for RuleSet {
    fn from_iter<Slots: IntoIterator<Item = u16>>(slots: Slots) -> Self {
        let mut set = Self::EMPTY;
        slots.into_iter().for_each(|slot| set.insert(slot));
        set
    }
}
