//! The walk through tables that are made by hand.

use std::collections::BTreeMap;

use chaos_abi::{
    Block, Direction, Head, RuleSet,
    bank::{self, ALL, FREE, NAMES, TRAITS},
};

use super::{Matched, Tables};
use crate::Packet;

struct Hand {
    blocks: Vec<Block>,
    peers: BTreeMap<[u8; 16], u32>,
}

impl Tables for Hand {
    fn block(&self, index: u32) -> Option<&Block> {
        self.blocks.get(index as usize)
    }

    fn peers(&self, address: &[u8; 16]) -> Option<u32> {
        self.peers.get(address).copied()
    }
}

fn row(slots: &[u16]) -> Block {
    slots.iter().copied().collect::<RuleSet>().0
}

/// Tables in which every row of traits is that of all rules: 1, 64 and 1,023.
fn tables() -> Hand {
    let head = Head {
        words: 16,
        rules: 99,
        traits: u64::MAX,
        ..Head::default()
    };
    let mut blocks = vec![row(&[1, 64, 1023]); FREE as usize];
    assert_eq!(blocks.len(), (ALL + 1) as usize);
    blocks[0] = head.block();
    Hand {
        blocks,
        peers: BTreeMap::new(),
    }
}

impl Hand {
    fn head(&mut self, change: impl FnOnce(&mut Head)) {
        let mut head = Head::of(&self.blocks[0]);
        change(&mut head);
        self.blocks[0] = head.block();
    }

    /// Appends a block and names it.
    fn push(&mut self, block: Block) -> u16 {
        self.blocks.push(block);
        u16::try_from(self.blocks.len() - 1).unwrap()
    }

    /// Gives the target's port 443 this row, and every other one the empty one.
    fn local_port(&mut self, slots: &[u16]) {
        let row = self.push(row(slots));
        let (block, at, place) = bank::port(443);
        let mut chunk = [0; NAMES];
        chunk[place as usize] = row;
        let (empty, chunk) = (
            self.push(bank::names(&[0; NAMES])),
            self.push(bank::names(&chunk)),
        );
        let mut names = [empty; NAMES];
        names[at as usize] = chunk;
        assert_eq!(block, 0);
        let first = self.push(bank::names(&names));
        for _ in 1..16 {
            self.push(bank::names(&[empty; NAMES]));
        }
        self.head(|head| head.local = first);
    }

    fn find(&self, packet: &Packet) -> Option<(Vec<u16>, u32)> {
        let mut matched = Matched {
            words: u32::MAX,
            ..Matched::default()
        };
        matched.clear();
        for identity in 0..packet.identities() {
            let _ = matched.join(self, packet, identity);
        }
        if matched.words == 0 {
            return None;
        }
        let words = (0..).zip(&matched.set).filter(|(_, word)| **word != 0);
        let words = words.fold(0, |words, (at, _)| words | 1 << at);
        assert_eq!(matched.words, words);
        Some((RuleSet(matched.set).iter().collect(), matched.rules))
    }
}

/// A UDP datagram from this port of the target.
fn from_port(source: u16) -> Packet {
    let mut frame = [0; 14 + 20 + 8];
    frame[12] = 0x08;
    (frame[14], frame[14 + 9]) = (0x45, 17);
    frame[34..36].copy_from_slice(&source.to_be_bytes());
    let mut packet = Packet::default();
    packet.read(&frame[..], Direction::Egress).unwrap();
    packet
}

fn datagram() -> Packet {
    from_port(443)
}

#[test]
fn what_no_rule_names_is_not_looked_up() {
    assert_eq!(tables().find(&datagram()), Some((vec![1, 64, 1023], 99)));
}

#[test]
fn a_port_is_found_by_its_number() {
    let mut tables = tables();
    tables.local_port(&[64, 65]);
    assert_eq!(tables.find(&datagram()), Some((vec![64], 99)));
    for source in [442_u16, 444, 443 + 64, 443 + 4096, 0xbb01] {
        assert_eq!(tables.find(&from_port(source)), None, "{source}");
    }
}

#[test]
fn an_address_that_is_not_in_the_trie_has_no_rules() {
    let mut tables = tables();
    tables.head(|head| head.peers = 1);
    assert_eq!(tables.find(&datagram()), None);
    let named = u32::from(tables.push(row(&[1023])));
    tables.peers.insert(datagram().flow.peer, named);
    assert_eq!(tables.find(&datagram()), Some((vec![1023], 99)));
    tables.peers.insert(datagram().flow.peer, 0);
    assert_eq!(tables.find(&datagram()), None);
}

#[test]
fn a_row_of_traits_that_is_empty_ends_the_walk() {
    let mut tables = tables();
    let row = datagram().traits();
    assert!(row < TRAITS);
    tables.head(|head| head.traits = 1 << row);
    assert!(tables.find(&datagram()).is_some());
    tables.head(|head| head.traits = !(1 << row));
    assert_eq!(tables.find(&datagram()), None);
}

#[test]
fn words_that_the_bank_does_not_have_are_not_read() {
    let mut tables = tables();
    tables.head(|head| head.words = 2);
    assert_eq!(tables.find(&datagram()), Some((vec![1, 64], 99)));
    tables.head(|head| head.words = 1);
    assert_eq!(tables.find(&datagram()), Some((vec![1], 99)));
}
