//! The tables of one bank, in the kernel's maps.

use aya_ebpf::maps::{LpmTrie, lpm_trie::Key};
use chaos_abi::{Bank, Block, Rule};
use chaos_ebpf::{Case, Tables};

use super::maps::{CONFIG, SLABS, Slab, peers};

/// The bank to match in; `None` while the table is empty.
#[inline(always)]
pub(super) fn armed() -> Option<Bank> {
    let config = CONFIG.get(0)?;
    (config.armed != 0).then_some(Bank::from_word(config.bank))
}

/// A bank's tables.
struct Live {
    slab: &'static Slab,
    peers: &'static LpmTrie<[u8; 16], u32>,
}

impl Tables for Live {
    #[inline(always)]
    fn block(&self, index: u32) -> Option<&Block> {
        self.slab.get(index)
    }

    #[inline(always)]
    fn peers(&self, address: &[u8; 16]) -> Option<u32> {
        self.peers.get(&Key::new(128, *address)).copied()
    }
}

/// Finds the rules that a packet matches in a bank; `None` where there is none.
#[inline(always)]
pub(super) fn meet(case: &mut Case, bank: Bank) -> Option<()> {
    let tables = Live {
        slab: SLABS.get(bank as u32)?,
        peers: peers(bank),
    };
    case.meet(&tables, bank)
}

/// The rule in a slot, as the bank has it in which the packet was matched.
#[inline(always)]
pub(super) fn rule(case: &Case, slot: u32) -> Option<Rule> {
    let (bank, block) = case.place(slot);
    let block = SLABS.get_value(bank as u32, &block)?;
    Some(Rule::at(block, slot))
}
