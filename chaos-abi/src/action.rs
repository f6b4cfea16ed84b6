//! What a rule does to the packets it hits.

/// A rule's action, in the order in which actions win over each other: the last wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
pub enum Action {
    /// Answer with RST to both ends; refuse new connections.
    Reset = 1,
    /// Refuse new attempts.
    Reject = 2,
    /// Drop silently, each packet drawn for itself.
    Loss = 3,
    /// Drop silently.
    Blackhole = 4,
    /// Hand over to the delay line. Wins over none: it acts where no other does, together with those
    /// like it.
    Line = 16,
}

impl Action {
    /// The action a rule's word stands for; `None` for a word this version does not know.
    #[inline(always)]
    pub const fn from_word(word: u16) -> Option<Self> {
        match word {
            1 => Some(Self::Reset),
            2 => Some(Self::Reject),
            3 => Some(Self::Loss),
            4 => Some(Self::Blackhole),
            16 => Some(Self::Line),
            _ => None,
        }
    }

    /// The word in a rule.
    #[inline(always)]
    pub const fn word(self) -> u16 {
        self as u16
    }
}
