//! The tables of one bank, in the kernel's maps.

use core::ffi::c_void;

use aya_ebpf::{
    bindings::__sk_buff,
    helpers::generated::bpf_loop,
    maps::{LpmTrie, lpm_trie::Key},
};
use chaos_abi::{Bank, Block, Config, Direction, Rule};
use chaos_ebpf::{Case, Glance, Tables};

use super::{
    is_loopback,
    maps::{CONFIG, SLABS, Slab, peers},
    read::{Scratch, case},
    skb::{Linear, Skb},
};

/// What the hooks are to do; `None` where that is nothing.
#[inline(always)]
pub(super) fn config() -> Option<&'static Config> {
    CONFIG
        .get(0)
        .filter(|config| config.armed | config.cuts != 0)
}

/// The bank to match in; `None` while the table is empty.
#[inline(always)]
pub(super) fn armed() -> Option<Bank> {
    let config = config()?;
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

/// Whether a glance at a packet is enough to let it pass: no rule is for its ports, and nobody wants to
/// know which connections begin.
///
/// A function of its own, whose stack is given back at the end.
#[inline(never)]
pub(super) fn misses(skb: *mut __sk_buff, leaves: u32) -> bool {
    let skb = Skb::from_raw(skb);
    let Some(bank) = config().filter(|config| config.cuts == 0).and(armed()) else {
        return false;
    };
    let direction = if leaves == Direction::Egress as u32 {
        Direction::Egress
    } else {
        Direction::Ingress
    };
    let Some(glance) = Glance::at(&Linear(&skb), direction, is_loopback(&skb)) else {
        return false;
    };
    let slab = SLABS.get(bank as u32);
    let peers = peers(bank);
    slab.is_some_and(|slab| chaos_ebpf::misses(&Live { slab, peers }, &glance))
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

/// Whether the packet of a case matches a rule that spares it from the one it has taken.
#[inline(always)]
pub(super) fn spares(case: &Case) -> bool {
    let row = u32::from(case.rule.spared_by);
    if row == 0 {
        return false;
    }
    let row = SLABS.get_value(case.bank() as u32, &row);
    row.is_some_and(|row| case.has_met(row))
}
