//! What the actor answers for one connection.

/// The return value of a run of the actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum ActorAnswer {
    /// No reset rule in force hits the flow.
    Unmatched = 0,
    /// RSTs were sent to both ends.
    Reset = 1,
    /// A rule hits the flow, but it has no live socket any more.
    NoSocket = 2,
    /// The kernel refused to send a RST.
    Failed = 3,
    /// The frame does not name a TCP flow.
    Malformed = 4,
    /// The frame was sent as it is.
    Sent = 5,
}

impl ActorAnswer {
    /// The answer and the rule slot that a return value stands for; `None` for an answer that this
    /// version does not know.
    pub const fn from_return(word: u32) -> Option<(Self, u16)> {
        let [_, high, low, answer] = word.to_be_bytes();
        let answer = match answer {
            0 => Self::Unmatched,
            1 => Self::Reset,
            2 => Self::NoSocket,
            3 => Self::Failed,
            4 => Self::Malformed,
            5 => Self::Sent,
            _ => return None,
        };
        Some((answer, u16::from_be_bytes([high, low])))
    }

    /// The return value, with the slot of the rule that hit the flow, or 0.
    #[inline(always)]
    pub const fn returned(self, slot: u32) -> u32 {
        self as u32 | slot << 8
    }
}
