//! The kernel's tables for one namespace, as the maps of one bank hold them.

use std::collections::BTreeMap;
use std::fmt;

use chaos_abi::{
    Block, Direction, Head, MAX_RULES, Protocol, RULES_A_BLOCK, RuleSet,
    bank::{self, FREE, NAMES, TRAITS},
};

use crate::ports::{Segment, Side, segments};
use crate::{Matching, Table, prefixes};

/// In the order of their words.
const DIRECTIONS: [Direction; 2] = [Direction::Ingress, Direction::Egress];

/// In the order of their words.
const PROTOCOLS: [Protocol; 4] = [
    Protocol::Tcp,
    Protocol::Udp,
    Protocol::Icmp,
    Protocol::Other,
];

const _: () = assert!(TRAITS == u32::BITS, "a bit for each row");

/// Chunks of [`NAMES`] ports.
const CHUNKS: u16 = 1024;

/// What one bank of the kernel's maps holds; as long as its plan needs.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    /// The slab, as [`chaos_abi::bank`] lays it out.
    pub blocks: Vec<Block>,
    /// For each prefix (v4-mapped address, length up to 128) the row of the rules valid there.
    pub peers: BTreeMap<([u8; 16], u32), u32>,
    /// Whether a rule of it asks which connection of its block one is, or which packet of that.
    pub numbers: bool,
}

impl Image {
    pub(crate) fn of(table: &Table) -> Self {
        let mut slab = Slab::default();
        slab.blocks.resize(FREE as usize, Block::default());
        let mut head = Head {
            words: words(table),
            traits: slab.traits(table),
            rules: slab.rules(table),
            local: slab.ports(table, Side::Local),
            peer: slab.ports(table, Side::Peer),
            peers: 0,
        };
        let peers = if names_peers(table) {
            head.peers = 1;
            slab.peers(table)
        } else {
            BTreeMap::new()
        };
        slab.blocks[bank::HEAD as usize] = head.block();
        slab.blocks[bank::ALL as usize] = table.set(|_| true).0;
        Self {
            blocks: slab.blocks,
            peers,
            numbers: table.rules().any(|(_, rule)| rule.needs_numbers()),
        }
    }

    /// The row of the longest prefix that holds an address (v4-mapped where it is IPv4), as the
    /// kernel's trie finds it.
    pub fn peer(&self, address: &[u8; 16]) -> Option<u32> {
        let address = u128::from_be_bytes(*address);
        let prefix = |length: u32| {
            let host = u128::MAX.checked_shr(length).unwrap_or(0);
            ((address & !host).to_be_bytes(), length)
        };
        (0..=128)
            .rev()
            .find_map(|length| self.peers.get(&prefix(length)).copied())
    }
}

/// Blocks, of which equal ones are kept once.
#[derive(Default)]
struct Slab {
    blocks: Vec<Block>,
    shared: BTreeMap<Block, u16>,
}

impl Slab {
    fn next(&self) -> u16 {
        u16::try_from(self.blocks.len()).expect("far fewer blocks than names for them")
    }

    fn share(&mut self, block: Block) -> u16 {
        let next = self.next();
        let name = *self.shared.entry(block).or_insert(next);
        if name == next {
            self.blocks.push(block);
        }
        name
    }

    /// The row of a set, 0 for the empty one.
    fn row(&mut self, set: &RuleSet) -> u16 {
        if set.is_empty() { 0 } else { self.share(set.0) }
    }

    /// Fills the rows of traits, and tells which are not empty.
    fn traits(&mut self, table: &Table) -> u32 {
        let mut filled = 0;
        for direction in DIRECTIONS {
            for protocol in PROTOCOLS {
                for (v6, ported) in [(false, false), (false, true), (true, false), (true, true)] {
                    let takes = |m: &Matching| {
                        m.takes_direction(direction)
                            && m.takes_protocol(protocol)
                            && m.takes_family(v6)
                            && (ported || !m.names_ports())
                    };
                    let set = table.set(|rule| takes(&rule.matching));
                    let row = bank::traits(direction, protocol, v6, ported);
                    self.blocks[1 + row as usize] = set.0;
                    filled |= u32::from(!set.is_empty()) << row;
                }
            }
        }
        filled
    }

    /// Appends the rules, and tells where they begin.
    fn rules(&mut self, table: &Table) -> u16 {
        let first = self.next();
        let last = table.rules().last().map_or(0, |(slot, _)| slot);
        let count = usize::from(last) / RULES_A_BLOCK as usize + 1;
        let mut blocks = vec![Block::default(); count];
        for (slot, planned) in table.rules() {
            let block = &mut blocks[usize::from(slot) / RULES_A_BLOCK as usize];
            planned.rule.put(block, slot);
        }
        self.blocks.extend(blocks);
        first
    }

    /// Appends the names of a side's ports and tells where they begin; 0 where no rule names one.
    fn ports(&mut self, table: &Table, side: Side) -> u16 {
        let segments = segments(table, side);
        if let [_] = segments[..] {
            return 0;
        }
        let rows: Vec<(u16, u16)> = segments
            .iter()
            .map(|Segment { first, rules, .. }| (*first, self.row(rules)))
            .collect();
        let chunks: Vec<u16> = (0..CHUNKS).map(|chunk| self.chunk(&rows, chunk)).collect();
        let first = self.next();
        for names in chunks.as_chunks::<NAMES>().0 {
            self.blocks.push(bank::names(names));
        }
        first
    }

    /// The block that names the rows of a chunk's ports; each row with the first port that has it.
    fn chunk(&mut self, rows: &[(u16, u16)], chunk: u16) -> u16 {
        let row = |port: u16| rows[rows.partition_point(|(first, _)| *first <= port) - 1].1;
        let (first, last) = (chunk * 64, chunk * 64 + 63);
        let begins = rows.partition_point(|(port, _)| *port <= first);
        if rows.get(begins).is_none_or(|(port, _)| *port > last) {
            return self.share(bank::names(&[row(first); NAMES]));
        }
        let mut names = [0; NAMES];
        (first..=last)
            .zip(&mut names)
            .for_each(|(port, name)| *name = row(port));
        self.share(bank::names(&names))
    }

    fn peers(&mut self, table: &Table) -> BTreeMap<([u8; 16], u32), u32> {
        let sets = prefixes::sets(table).into_iter();
        sets.map(|(prefix, set)| (prefix, u32::from(self.row(&set))))
            .collect()
    }
}

/// How many words of a row can have a bit.
fn words(table: &Table) -> u16 {
    let last = table.rules().last().map_or(0, |(slot, _)| slot);
    debug_assert!(usize::from(last) < MAX_RULES);
    last / 64 + 1
}

fn names_peers(table: &Table) -> bool {
    table
        .rules()
        .any(|(_, rule)| !rule.matching.peers.is_empty())
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("Image")
            .field("blocks", &self.blocks.len())
            .field("peers", &self.peers.len())
            .field("numbers", &self.numbers)
            .finish()
    }
}
