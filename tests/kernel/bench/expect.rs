//! What one packet must do: its verdict, the counters that move, the events that are told.

use std::collections::BTreeMap;

use chaos_abi::{Answer, Counters, EventKind};

/// What becomes of the packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It goes on as it is.
    Passes,
    /// It vanishes.
    Vanishes,
    /// Its sender gets a RST, and its receiver too.
    Reset,
    /// Its sender gets a RST, and its receiver nothing.
    Refused,
    /// Its sender gets an ICMP error.
    Answered(Answer),
    /// An ICMP error for its sender waits for user space.
    Awaited(Answer),
}

/// What one packet must do. Everything that is not named here must stay as it was.
#[derive(Clone, Debug)]
pub(crate) struct Expect {
    pub(crate) fate: Fate,
    /// By how much the counters of each slot move; bytes and times are filled in for each packet.
    pub(crate) moved: BTreeMap<u16, Counters>,
    /// The slots that act.
    pub(crate) acting: Option<u16>,
}

/// It goes on, and no rule counts it.
pub(crate) fn passes() -> Expect {
    Expect {
        fate: Fate::Passes,
        moved: BTreeMap::new(),
        acting: None,
    }
}

/// The rule in this slot drops it.
pub(crate) fn vanishes(slot: u16) -> Expect {
    acts(Fate::Vanishes, slot, |counters| counters.dropped = 1)
}

/// The rule in this slot would hand it to the delay line, of which there is none.
pub(crate) fn bypasses(slot: u16) -> Expect {
    acts(Fate::Passes, slot, |counters| counters.bypassed = 1)
}

/// The rule in this slot resets its connection.
pub(crate) fn reset(slot: u16) -> Expect {
    acts(Fate::Reset, slot, |counters| counters.reset = 1)
}

/// The rule in this slot refuses the connection that it opens.
pub(crate) fn refused(slot: u16) -> Expect {
    acts(Fate::Refused, slot, |counters| counters.refused = 1)
}

/// The rule in this slot answers the datagram with an ICMP error.
pub(crate) fn answered(slot: u16, answer: Answer) -> Expect {
    acts(Fate::Answered(answer), slot, |counters| {
        counters.refused = 1;
    })
}

/// The rule in this slot leaves an ICMP error that refuses the connection.
pub(crate) fn awaited(slot: u16, answer: Answer) -> Expect {
    acts(Fate::Awaited(answer), slot, |counters| counters.refused = 1)
}

/// The reset rule in this slot has no answer to it.
pub(crate) fn let_through(slot: u16) -> Expect {
    acts(Fate::Passes, slot, |counters| counters.let_through = 1)
}

/// The reset rule in this slot has an answer that the kernel cannot send.
pub(crate) fn failed(slot: u16) -> Expect {
    acts(Fate::Vanishes, slot, |counters| counters.failed = 1)
}

fn acts(fate: Fate, slot: u16, count: impl FnOnce(&mut Counters)) -> Expect {
    let expect = Expect {
        fate,
        acting: Some(slot),
        ..passes()
    };
    expect.also(slot, |counters| {
        counters.matched = 1;
        count(counters);
    })
}

impl Expect {
    /// A rule matches it, and does not draw its flow.
    pub(crate) fn undrawn(self, slot: u16) -> Self {
        self.also(slot, |counters| {
            (counters.matched, counters.undrawn) = (1, 1);
        })
    }

    /// A reject rule matches it, and it is no attempt.
    pub(crate) fn let_on(self, slot: u16) -> Self {
        self.also(slot, |counters| {
            (counters.matched, counters.let_through) = (1, 1);
        })
    }

    /// A rule's fault spares its connection.
    pub(crate) fn spared(self, slot: u16) -> Self {
        self.also(slot, |counters| counters.spared = 1)
    }

    /// A rule hits it, and another one's action wins.
    pub(crate) fn outranked(self, slot: u16) -> Self {
        self.also(slot, |counters| {
            (counters.matched, counters.outranked) = (1, 1);
        })
    }

    /// A rule meets it after its deadline.
    pub(crate) fn expired(self, slot: u16) -> Self {
        self.also(slot, |counters| counters.expired = 1)
    }

    /// A rule meets it while the lease is over.
    pub(crate) fn lapsed(self, slot: u16) -> Self {
        self.also(slot, |counters| counters.lapsed = 1)
    }

    fn also(mut self, slot: u16, count: impl FnOnce(&mut Counters)) -> Self {
        count(self.moved.entry(slot).or_default());
        self
    }

    /// The event that its fate tells each time.
    pub(crate) fn event(&self) -> Option<EventKind> {
        match self.fate {
            Fate::Passes | Fate::Vanishes | Fate::Answered(_) => None,
            Fate::Reset => Some(EventKind::Reset),
            Fate::Refused | Fate::Awaited(_) => Some(EventKind::Refused),
        }
    }

    /// The slots whose rule has run out.
    pub(crate) fn expired_slots(&self) -> impl Iterator<Item = u16> {
        let moved = self.moved.iter();
        let expired = moved.filter(|(_, counters)| counters.expired > 0);
        expired.map(|(slot, _)| *slot)
    }
}
