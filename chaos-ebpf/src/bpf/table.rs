//! The tables of one bank, in the kernel's maps.

use core::ffi::c_void;

use aya_ebpf::{
    helpers::generated::bpf_loop,
    maps::{LpmTrie, lpm_trie::Key},
};
use chaos_abi::{Bank, Block, Rule};
use chaos_ebpf::{Case, Tables};

use super::{
    maps::{CONFIG, SLABS, Slab, peers},
    read::{Scratch, case},
};

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

/// Finds the rules that the packet of a case matches in a bank; the case as that leaves it, `None`
/// where there is none. A reference to it from before is void.
///
/// As a callback, which the verifier follows once and whose end it sees as one state.
#[inline(always)]
pub(super) fn meet(scratch: Scratch, bank: Bank) -> Option<&'static mut Case> {
    let before = case(scratch)?;
    before.look(bank);
    let identities = before.packet.identities();
    let turn: extern "C" fn(u64, *mut Scratch) -> i64 = next_identity;
    let mut scratch = scratch;
    let context = (&raw mut scratch).cast::<c_void>();
    // SAFETY: the callback takes this context, which outlives the call.
    unsafe { bpf_loop(identities, turn as *mut c_void, context, 0) };
    case(scratch).filter(|case| case.has_rules())
}

/// Adds the rules that the packet matches by one more of its identities.
extern "C" fn next_identity(identity: u64, scratch: *mut Scratch) -> i64 {
    // SAFETY: `meet` gives its own.
    let Some(case) = case(unsafe { *scratch }) else {
        return 1;
    };
    let bank = case.bank();
    let Some(slab) = SLABS.get(bank as u32) else {
        return 1;
    };
    let peers = peers(bank);
    case.join(&Live { slab, peers }, identity as u32);
    0
}

/// Makes the rule in a slot that of the case, as the bank has it in which the packet was matched.
#[inline(always)]
pub(super) fn take_rule(case: &mut Case, slot: u32) -> Option<()> {
    let (bank, block) = case.place(slot);
    let block = SLABS.get_value(bank as u32, &block)?;
    case.rule = Rule::at(block, slot);
    Some(())
}
