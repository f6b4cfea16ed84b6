//! From the rules that a packet matches to its verdict: each draws and counts, one acts.

use core::ffi::c_void;

use aya_ebpf::helpers::generated::bpf_loop;
use chaos_abi::{Action, Answer, Bank, EventKind, MAX_RULES};
use chaos_ebpf::{Case, Fate, Hit, Packet};

use super::{
    count::{self, counters},
    draw::draw,
    line,
    read::{Scratch, case},
    skb::Skb,
    table::{meet, spares, take_rule},
    tell,
    time::{leased, now},
};

/// What becomes of a packet.
#[must_use]
pub(super) enum Verdict {
    Pass,
    /// Only rules of the delay line hit it.
    Divert,
    Act(Hit, &'static Packet),
}

/// Judges the packet that was read by every rule that it matches, counts it for each, and names the
/// one that acts.
#[inline(always)]
pub(super) fn verdict(skb: &Skb, bank: Bank) -> Verdict {
    let Some(case) = judged(skb, bank) else {
        return Verdict::Pass;
    };
    let Some(hit) = case.acting() else {
        return divert(case);
    };
    if case.has_lines() {
        line::outrank(case);
    }
    tell::once(EventKind::FirstHit, hit.slot, &case.packet, case.now);
    Verdict::Act(hit, &case.packet)
}

/// Hands it to the delay line where rules of that hit it.
#[inline(always)]
fn divert(case: &Case) -> Verdict {
    if !case.has_lines() {
        return Verdict::Pass;
    }
    let first = u32::from(case.lines[0]);
    tell::once(EventKind::FirstHit, first, &case.packet, case.now);
    Verdict::Divert
}

/// The case after every rule has judged it; `None` where it matches none.
#[inline(always)]
fn judged(skb: &Skb, bank: Bank) -> Option<&'static Case> {
    let before = meet(Scratch::Hook, bank)?;
    // After the match: the clock costs as much as a look-up.
    let now = now();
    before.length = skb.len();
    before.open(now, leased(now));
    each(Scratch::Hook, next_rule).map(|case| &*case)
}

/// The answer of a rule that the packet was judged by.
#[inline(always)]
pub(super) fn answer(slot: u32) -> Answer {
    let Some(case) = case(Scratch::Hook) else {
        return Answer::Port;
    };
    let taken = take_rule(case, slot);
    taken.map_or(Answer::Port, |()| Answer::from_flags(case.rule.flags))
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

/// One rule's judgement, counted.
#[inline(always)]
fn judge(case: &mut Case, slot: u32) {
    let (Some(()), Some(counters)) = (take_rule(case, slot), counters(slot)) else {
        return;
    };
    let action = match case.fate(&case.rule, spares(case)) {
        Fate::Void => return,
        Fate::Expired => {
            counters.expired += 1;
            tell::once(EventKind::Expired, slot, &case.packet, case.now);
            return;
        }
        Fate::Lapsed => {
            counters.lapsed += 1;
            return;
        }
        Fate::Spared => {
            counters.spared += 1;
            return;
        }
        Fate::LetThrough => {
            counters.matched += 1;
            counters.matched_bytes += u64::from(case.length);
            counters.let_through += 1;
            return;
        }
        Fate::Hit(action) => action,
    };
    counters.matched += 1;
    counters.matched_bytes += u64::from(case.length);
    let draw = draw(case);
    counters.unnumbered += u64::from(draw.is_unnumbered());
    if !draw.is_hit() {
        counters.undrawn += 1;
        return;
    }
    count::hit(counters, case.now);
    if let Action::Line = action {
        if !case.divert(slot) {
            counters.bypassed += 1;
        }
        return;
    }
    let rank = case.rule.rank;
    match case.hit(Hit { action, rank, slot }) {
        None => {}
        // Without another look-up: of equal rules the first acts, as a rule.
        Some(loser) if loser == slot => counters.outranked += 1,
        Some(loser) => outrank(loser),
    }
}

#[inline(always)]
fn outrank(slot: u32) {
    if let Some(counters) = counters(slot) {
        counters.outranked += 1;
    }
}
