//! Where the programs find a table: two banks, each a slab of blocks beside a trie of peers.
//!
//! A packet matches the rules in `traits & local port & peer port & peer`: each look-up gives the row
//! of rules that its part of the packet satisfies, a block in which bit *n* stands for rule slot *n*.
//!
//! ```text
//! block 0          Head
//! blocks 1 to 64   the rows of direction, protocol, family, having ports and loopback, by `traits`
//! block 65         the row of all rules
//! Head::rules      the rules, four a block, by slot
//! Head::local      for the target's ports, Head::peer for the other end's: sixteen blocks that name
//!                  the chunk of sixty-four neighbouring ports, which names the row of each
//! ```
//!
//! A row is named by the index of its block, and the empty row by 0.

use bytemuck::{Pod, Zeroable};

use crate::{Direction, Protocol};

/// The unit of a slab; as many bits as there are rules.
pub type Block = [u64; crate::WORDS];

/// The block of the [`Head`].
pub const HEAD: u32 = 0;

/// How many rows of traits there are.
pub const TRAITS: u32 = 64;

/// The row of all rules.
pub const ALL: u32 = 1 + TRAITS;

/// The first block whose use the [`Head`] tells.
pub const FREE: u32 = ALL + 1;

/// Names that one [`Block`] holds.
pub const NAMES: usize = 64;

/// Which of the two tables the hooks read; the other one may be rewritten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u32)]
pub enum Bank {
    /// The first one, active in a freshly loaded object.
    #[default]
    A = 0,
    /// The second one.
    B = 1,
}

impl Bank {
    /// The bank a word stands for: any word but 0 is [`Bank::B`].
    #[inline(always)]
    pub const fn from_word(word: u32) -> Self {
        if word == 0 { Self::A } else { Self::B }
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
    /// How many cuts were made between the connections that existed and those that began later; 0:
    /// nobody asks, and none that begins is noted.
    pub cuts: u32,
    /// The index of the loopback interface, while it has hooks; 0 otherwise.
    pub loopback: u32,
}

/// What stands where in a slab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// How many words of a row can have a bit.
    pub words: u16,
    /// The first block of the rules.
    pub rules: u16,
    /// The first block of the target's ports; 0 where no rule names one.
    pub local: u16,
    /// The first block of the other end's ports; 0 where no rule names one.
    pub peer: u16,
    /// 0: no rule names a peer, and none is looked up.
    pub peers: u16,
    /// Bit *n*: the row of traits *n* is not empty.
    pub traits: u64,
}

impl Head {
    /// Reads it from its block.
    #[inline(always)]
    pub const fn of(block: &Block) -> Self {
        let places = block[0];
        Self {
            words: quarter(places, 0),
            rules: quarter(places, 1),
            local: quarter(places, 2),
            peer: quarter(places, 3),
            peers: quarter(block[2], 0),
            traits: block[1],
        }
    }

    /// Its block.
    pub fn block(&self) -> Block {
        let [words, rules, local, peer] =
            [self.words, self.rules, self.local, self.peer].map(u64::from);
        let mut block = Block::default();
        block[0] = words | rules << 16 | local << 32 | peer << 48;
        block[1] = self.traits;
        block[2] = u64::from(self.peers);
        block
    }
}

/// Which row of traits a packet satisfies, from 0 on; its block is one further.
#[inline(always)]
pub const fn traits(
    direction: Direction,
    protocol: Protocol,
    v6: bool,
    ported: bool,
    loopback: bool,
) -> u32 {
    let of_flow = direction as u32 | (protocol as u32) << 1 | (v6 as u32) << 3;
    of_flow | (ported as u32) << 4 | (loopback as u32) << 5
}

/// The name that stands at `place` in a block of [`NAMES`].
#[inline(always)]
pub const fn name(block: &Block, place: u32) -> u16 {
    let place = place as usize % NAMES;
    quarter(block[place / 4], place % 4)
}

/// Sixteen bits of a word, from the low end.
#[inline(always)]
pub(crate) const fn quarter(word: u64, number: usize) -> u16 {
    (word >> (number * 16) & 0xffff) as u16
}

/// A block of names.
pub fn names(names: &[u16; NAMES]) -> Block {
    let mut block = Block::default();
    for (place, name) in names.iter().enumerate() {
        block[place / 4] |= u64::from(*name) << (place % 4 * 16);
    }
    block
}

/// Where the row of a port is named: the block (counted from the side's first one) and place that
/// name its chunk, and its place there.
#[inline(always)]
pub const fn port(port: u16) -> (u32, u32, u32) {
    let port = port as u32;
    (port >> 12, port >> 6 & 63, port & 63)
}
