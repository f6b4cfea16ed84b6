//! Match once, draw, and count: from a packet to its verdict.

use core::ffi::c_void;

use aya_ebpf::{
    helpers::generated::{bpf_ktime_get_boot_ns, bpf_loop},
    maps::lpm_trie::Key,
};
use chaos_abi::{Bank, Counters, Direction, EventKind, MAX_RULES, RuleSet, SeenKey, Side};
use chaos_ebpf::{Case, Fate, Hit, Packet, fate};

use super::{
    maps::{CLASSES, CONFIG, COUNTERS, LEASE, PORTS, RULES, SEEN, TRAITS, peers},
    read::{Scratch, case},
    skb::Skb,
    tell,
};

/// What becomes of a packet.
#[must_use]
pub(super) enum Verdict {
    Pass,
    Act(Hit, &'static Packet),
}

/// Counts a packet by interface and direction.
#[inline(always)]
pub(super) fn seen(skb: &Skb, direction: Direction) {
    let key = SeenKey {
        ifindex: skb.ifindex(),
        direction: direction as u32,
    };
    if let Some(seen) = SEEN.get_ptr_mut(&key) {
        // SAFETY: a per-CPU value.
        let seen = unsafe { &mut *seen };
        seen.packets += 1;
        seen.bytes += u64::from(skb.len());
    }
}

/// The bank to match in; `None` while the table is empty.
#[inline(always)]
pub(super) fn armed() -> Option<Bank> {
    let config = CONFIG.get(0)?;
    (config.armed != 0).then_some(Bank::from_word(config.bank))
}

/// The rules a packet matches.
#[inline(always)]
pub(super) fn matching(packet: &Packet, bank: Bank) -> RuleSet {
    let Some(traits) = TRAITS.get(bank as u32) else {
        return 0;
    };
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

/// Judges the packet that was read by every rule that it matches, counts it for each, and names the
/// one that acts.
#[inline(always)]
pub(super) fn verdict(skb: &Skb, bank: Bank) -> Verdict {
    let now = now();
    let Some(case) = opened(skb, bank, now) else {
        return Verdict::Pass;
    };
    if let Some(slot) = case.expired() {
        tell::once(EventKind::Expired, slot, &case.packet, now);
    }
    let Some(hit) = case.acting() else {
        return Verdict::Pass;
    };
    tell::once(EventKind::FirstHit, hit.slot, &case.packet, now);
    Verdict::Act(hit, &case.packet)
}

/// The case after every rule has judged it; `None` where no rule matches.
#[inline(always)]
fn opened(skb: &Skb, bank: Bank, now: u64) -> Option<&'static Case> {
    let before = case(Scratch::Hook)?;
    let rules = matching(&before.packet, bank);
    if rules == 0 {
        return None;
    }
    before.length = skb.len();
    before.open(rules, now, leased(now));
    each(Scratch::Hook, next_rule).map(|case| &*case)
}

/// What one turn of [`each`] asks for.
pub(super) const AGAIN: i64 = 0;
/// What ends [`each`].
pub(super) const ENOUGH: i64 = 1;

/// Takes up to [`MAX_RULES`] turns, and returns the case as they leave it. A reference to it from
/// before is void: the turns change it behind the compiler's back.
///
/// A loop in the program itself would be unrolled by the verifier, which then needs a hundred times
/// the instructions; a callback is verified once.
#[inline(always)]
pub(super) fn each(
    scratch: Scratch,
    turn: extern "C" fn(u64, *mut c_void) -> i64,
) -> Option<&'static mut Case> {
    let (turns, none) = (MAX_RULES as u32, core::ptr::null_mut());
    // SAFETY: the callback takes no context.
    unsafe { bpf_loop(turns, turn as *mut c_void, none, 0) };
    case(scratch)
}

/// The next rule's judgement.
extern "C" fn next_rule(_: u64, _: *mut c_void) -> i64 {
    let Some(case) = case(Scratch::Hook) else {
        return ENOUGH;
    };
    let Some(slot) = case.next_rule() else {
        return ENOUGH;
    };
    judge(case, slot);
    AGAIN
}

/// Boot-clock nanoseconds: the clock that goes on while the machine sleeps, as deadlines do.
#[inline(always)]
pub(super) fn now() -> u64 {
    // SAFETY: takes no pointer.
    unsafe { bpf_ktime_get_boot_ns() }
}

/// Whether the holder's lease runs.
#[inline(always)]
pub(super) fn leased(now: u64) -> bool {
    LEASE.get(0).is_some_and(|until| now < *until)
}

/// This CPU's counters of a rule.
#[inline(always)]
pub(super) fn counters(slot: u32) -> Option<&'static mut Counters> {
    // SAFETY: a per-CPU value, which lives as long as the program.
    COUNTERS
        .get_ptr_mut(slot)
        .map(|counters| unsafe { &mut *counters })
}

/// One rule's judgement, counted.
#[inline(always)]
fn judge(case: &mut Case, slot: u32) {
    let (Some(rule), Some(counters)) = (RULES.get(slot), counters(slot)) else {
        return;
    };
    let fate = fate(rule, case.hash, case.now);
    match fate {
        Fate::Void => return,
        Fate::Expired => {
            counters.expired += 1;
            case.expire(slot);
            return;
        }
        Fate::Spared | Fate::Hit(_) if !case.leased() => {
            counters.lapsed += 1;
            return;
        }
        Fate::Spared | Fate::Hit(_) => {}
    }
    counters.matched += 1;
    counters.matched_bytes += u64::from(case.length);
    let Fate::Hit(action) = fate else {
        counters.spared += 1;
        return;
    };
    if counters.first == 0 {
        counters.first = case.now;
    }
    counters.last = case.now;
    if let Some(loser) = case.hit(Hit { action, slot }) {
        outrank(loser);
    }
}

#[inline(always)]
fn outrank(slot: u32) {
    if let Some(counters) = counters(slot) {
        counters.outranked += 1;
    }
}

#[inline(always)]
fn class(side: Side, bank: Bank, port: [u8; 2]) -> RuleSet {
    let index = side.index(bank);
    let (Some(ports), Some(sets)) = (PORTS.get(index), CLASSES.get(index)) else {
        return 0;
    };
    let class = ports.0[chaos_abi::PortClasses::index(port)];
    sets[class as usize]
}
