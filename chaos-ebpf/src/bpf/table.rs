//! Which rules a packet matches: four look-ups, and the AND of what they give.

use aya_ebpf::maps::lpm_trie::Key;
use chaos_abi::{Bank, PortClasses, RuleSet, Side, Traits};
use chaos_ebpf::{Matched, Packet};

use super::maps::{CLASSES, CONFIG, PORTS, SPARES, TRAITS, peers};

/// The bank to match in; `None` while the table is empty.
#[inline(always)]
pub(super) fn armed() -> Option<Bank> {
    let config = CONFIG.get(0)?;
    (config.armed != 0).then_some(Bank::from_word(config.bank))
}

/// What a packet matches; `None` where no rule has an action for it.
#[inline(always)]
pub(super) fn matching(packet: &Packet, bank: Bank) -> Option<Matched> {
    let traits = TRAITS.get(bank as u32)?;
    let rules = rules(packet, bank, traits);
    let acting = rules & !traits.sparing;
    (acting != 0).then_some(Matched {
        acting,
        sparing: rules & traits.sparing,
        bank,
    })
}

/// The rules that leave a packet alone because it matches the rule in `slot`, which spares.
#[inline(always)]
pub(super) fn spares(bank: Bank, slot: u32) -> RuleSet {
    SPARES.get(bank.spares(slot)).copied().unwrap_or(0)
}

#[inline(always)]
fn rules(packet: &Packet, bank: Bank, traits: &Traits) -> RuleSet {
    let mut set = traits.select(packet.direction(), packet.protocol(), packet.is_v6());
    if set == 0 {
        return 0;
    }
    set &= if packet.has_ports() {
        class(Side::Local, bank, packet.flow.local_port)
            & class(Side::Peer, bank, packet.flow.peer_port)
    } else {
        traits.portless
    };
    if set == 0 {
        return 0;
    }
    let key = Key::new(128, packet.flow.peer);
    set & peers(bank).get(&key).copied().unwrap_or(0)
}

#[inline(always)]
fn class(side: Side, bank: Bank, port: [u8; 2]) -> RuleSet {
    let index = side.index(bank);
    let (Some(ports), Some(sets)) = (PORTS.get(index), CLASSES.get(index)) else {
        return 0;
    };
    let class = ports.0[PortClasses::index(port)];
    sets[class as usize]
}
