//! The kernel's maps and look-ups, simulated slowly.

use std::collections::BTreeMap;
use std::net::IpAddr;

use chaos_abi::{Bank, Block, Config, Head, Rule, RuleSet, bank, mapped};
use chaos_plan::{Image, Op, PacketWords, RuleId, Table};

/// The look-up that `chaos_abi` describes, with a linear search for the longest prefix.
pub(crate) fn select(image: &Image, packet: &PacketWords) -> RuleSet {
    let head = Head::of(&image.blocks[0]);
    let v6 = packet.peer.is_ipv6();
    let traits = bank::traits(
        packet.direction,
        packet.protocol,
        v6,
        packet.ports.is_some(),
        packet.loopback,
    );
    assert_eq!(
        head.traits >> traits & 1 == 0,
        image.blocks[1 + traits as usize] == Block::default()
    );
    let (local, peer) = packet
        .ports
        .map_or((bank::ALL, bank::ALL), |(local, peer)| {
            (port(image, head.local, local), port(image, head.peer, peer))
        });
    let peers = if head.peers == 0 {
        bank::ALL
    } else {
        longest(image, packet.peer)
    };
    let rows = [1 + traits, local, peer, peers].map(|index| row(image, index));
    let all = rows[0].and(&rows[1]).and(&rows[2]).and(&rows[3]);
    let words = usize::from(head.words);
    assert!(all.0[words..].iter().all(|word| *word == 0));
    all
}

/// The rules that act on a packet, once those that spare it are heard.
pub(crate) fn acting(image: &Image, packet: &PacketWords) -> RuleSet {
    let matched = select(image, packet);
    let acts = |slot: &u16| {
        let rule = rule(image, *slot);
        let spared = matched.and(&row(image, u32::from(rule.spared_by)));
        rule.action != 0 && rule.takes(&packet.birth) && spared.is_empty()
    };
    matched.iter().filter(acts).collect()
}

fn rule(image: &Image, slot: u16) -> Rule {
    let first = usize::from(Head::of(&image.blocks[0]).rules);
    let block = &image.blocks[first + usize::from(slot) / 4];
    Rule::at(block, u32::from(slot))
}

fn row(image: &Image, index: u32) -> RuleSet {
    match index {
        0 => RuleSet::EMPTY,
        _ => RuleSet(image.blocks[index as usize]),
    }
}

fn port(image: &Image, first: u16, port: u16) -> u32 {
    if first == 0 {
        return bank::ALL;
    }
    let (block, chunk, place) = bank::port(port);
    let chunk = bank::name(&image.blocks[usize::from(first) + block as usize], chunk);
    u32::from(bank::name(&image.blocks[usize::from(chunk)], place))
}

fn longest(image: &Image, peer: IpAddr) -> u32 {
    let address = match peer {
        IpAddr::V4(v4) => mapped(v4.octets()),
        IpAddr::V6(v6) => v6.octets(),
    };
    let bits = |bytes: [u8; 16], length: u32| {
        u128::from_be_bytes(bytes)
            .checked_shr(128 - length)
            .unwrap_or(0)
    };
    let inside =
        |(prefix, length): &([u8; 16], u32)| bits(address, *length) == bits(*prefix, *length);
    let holding = image.peers.iter().filter(|(key, _)| inside(key));
    holding
        .max_by_key(|((_, length), _)| *length)
        .map_or(0, |(_, row)| *row)
}

/// Which rules act, and what each of them says.
pub(crate) type Acting = BTreeMap<RuleId, Rule>;

/// The maps of one loaded object, and whose each slot's counters are.
#[derive(Default)]
pub(crate) struct Kernel {
    pub(crate) config: Config,
    banks: [Option<Box<Image>>; 2],
    owners: [BTreeMap<u16, RuleId>; 2],
    counted: BTreeMap<u16, Option<RuleId>>,
}

impl Kernel {
    /// Does one operation on the way to `new`.
    pub(crate) fn apply(&mut self, op: Op, new: &Table) {
        match op {
            Op::ClearCounters { slot } => drop(self.counted.insert(slot, None)),
            Op::WriteBank { bank, image } => {
                let read = self.config.armed != 0 && self.bank() == bank;
                assert!(!read, "a bank was written while the hooks read it");
                let owners = new.rules().map(|(slot, rule)| (slot, rule.id.clone()));
                self.owners[bank as usize] = owners.collect();
                self.banks[bank as usize] = Some(image);
            }
            Op::Switch(config) => {
                self.config = config;
                self.claim();
            }
        }
    }

    /// The rules that are in force now count, each in its slot.
    fn claim(&mut self) {
        let owners = self.owners[self.bank() as usize].clone();
        for (slot, owner) in owners.into_iter().filter(|_| self.config.armed != 0) {
            let counted = self.counted.insert(slot, Some(owner.clone()));
            let last = counted.expect("a slot has counters before it has a rule");
            assert!(
                last.is_none_or(|last| last == owner),
                "counters of another rule"
            );
        }
    }

    pub(crate) fn bank(&self) -> Bank {
        Bank::from_word(self.config.bank)
    }

    /// Whose rules act on a packet now, and what they say.
    pub(crate) fn acting(&self, packet: &PacketWords) -> Acting {
        let bank = self.bank() as usize;
        let image = self.banks[bank].as_ref();
        let Some(image) = image.filter(|_| self.config.armed != 0) else {
            return Acting::new();
        };
        let said = |slot| {
            let rule = Rule {
                spared_by: 0,
                ..rule(image, slot)
            };
            (self.owners[bank][&slot].clone(), rule)
        };
        acting(image, packet).iter().map(said).collect()
    }
}

/// Whose rules act on a packet by the words of `table`, and what they say.
pub(crate) fn promised(table: &Table, packet: &PacketWords) -> Acting {
    let acting = table.acting(packet);
    let acting = table.rules().filter(|(slot, _)| acting.contains(*slot));
    acting
        .map(|(_, rule)| (rule.id.clone(), rule.rule))
        .collect()
}
