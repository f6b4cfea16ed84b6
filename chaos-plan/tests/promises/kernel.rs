//! The kernel's maps and look-ups, simulated slowly.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use chaos_abi::{Bank, Config, PortClasses, Rule, RuleSet, mapped};
use chaos_plan::{Image, Op, PacketWords, RuleId, Table};

/// The look-up that `chaos_abi` describes, with a linear search for the longest prefix.
pub(crate) fn select(image: &Image, packet: &PacketWords) -> RuleSet {
    let traits = &image.traits;
    let v6 = packet.peer.is_ipv6();
    let ports = packet.ports.map_or(traits.portless, |(local, peer)| {
        class(image, 0, local) & class(image, 1, peer)
    });
    longest(image, packet.peer) & ports & traits.select(packet.direction, packet.protocol, v6)
}

/// The rules that act on a packet, once those that spare it are heard.
pub(crate) fn acting(image: &Image, packet: &PacketWords) -> RuleSet {
    let matched = select(image, packet);
    let heard = matched & image.traits.sparing;
    let heard = (0..64_u8).filter(|slot| heard >> slot & 1 == 1);
    let spared = heard.fold(0, |set, slot| set | image.spares[&slot]);
    matched & !image.traits.sparing & !spared
}

fn class(image: &Image, side: usize, port: u16) -> RuleSet {
    let class = image.ports[side].0[PortClasses::index(port.to_be_bytes())];
    image.classes[side][usize::from(class)]
}

fn longest(image: &Image, peer: IpAddr) -> RuleSet {
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
        .map_or(0, |(_, rules)| *rules)
}

/// The maps of one loaded object, and whose each slot's content is.
#[derive(Default)]
pub(crate) struct Kernel {
    pub(crate) config: Config,
    banks: [Option<Box<Image>>; 2],
    pub(crate) rules: BTreeMap<u8, (RuleId, Rule)>,
    counted: BTreeMap<u8, Option<RuleId>>,
}

impl Kernel {
    /// Does one operation on the way to `new`.
    pub(crate) fn apply(&mut self, op: Op, new: &Table) {
        match op {
            Op::ClearCounters { slot } => drop(self.counted.insert(slot, None)),
            Op::WriteRule { slot, rule } => {
                let owner = new
                    .rules()
                    .find(|(at, _)| *at == slot)
                    .unwrap()
                    .1
                    .id
                    .clone();
                let counted = self.counted.insert(slot, Some(owner.clone())).flatten();
                assert!(
                    counted.is_none_or(|last| last == owner),
                    "counters of another rule"
                );
                self.rules.insert(slot, (owner, rule));
            }
            Op::WriteBank { bank, image } => {
                let read = self.config.armed != 0 && self.bank() == bank;
                assert!(!read, "a bank was written while the hooks read it");
                self.banks[bank as usize] = Some(image);
            }
            Op::Switch(config) => self.config = config,
            Op::ClearRule { slot } => drop(self.rules.remove(&slot)),
        }
    }

    pub(crate) fn bank(&self) -> Bank {
        Bank::from_word(self.config.bank)
    }

    /// Whose rules act on a packet now.
    pub(crate) fn acting(&self, packet: &PacketWords) -> BTreeSet<RuleId> {
        let image = self.banks[self.bank() as usize].as_ref();
        let image = image.filter(|_| self.config.armed != 0);
        let set = image.map_or(0, |image| acting(image, packet));
        ids(set, |slot| {
            self.rules.get(&slot).map(|(owner, _)| owner.clone())
        })
    }
}

/// Whose rules act on a packet by the words of `table`.
pub(crate) fn promised(table: &Table, packet: &PacketWords) -> BTreeSet<RuleId> {
    let rules: BTreeMap<u8, _> = table.rules().collect();
    ids(table.acting(packet), |slot| {
        rules.get(&slot).map(|rule| rule.id.clone())
    })
}

fn ids(set: RuleSet, id: impl Fn(u8) -> Option<RuleId>) -> BTreeSet<RuleId> {
    let slots = (0..64).filter(|slot| set >> slot & 1 == 1);
    slots
        .map(|slot| id(slot).expect("a bit set refers to an empty slot"))
        .collect()
}
