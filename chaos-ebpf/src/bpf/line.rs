//! The delay line: handing a packet over, and letting one that comes back go on.

use aya_ebpf::bindings::{__sk_buff, TC_ACT_SHOT};
use chaos_abi::{
    Counters, Direction, LINE_MAGIC, LINE_RULES, LINE_STALE, LineHeader, MARK_LINE, Ticket,
};
use chaos_ebpf::Case;

use super::{
    NEXT,
    count::counters,
    maps::{LINE, TICKETS},
    read::{Scratch, case},
    skb::{Refused, Skb, redirect},
};

/// The half of a mark that names the ticket.
const TICKET: u32 = 0xffff;

/// Hands the packet of the hook's case to the line, whose rules hit it. One whose line gives no sign
/// of life goes on as it is.
///
/// A function of its own, whose stack is given back at its end.
#[inline(never)]
pub(super) fn divert(skb: *mut __sk_buff) -> i32 {
    let skb = Skb::from_raw(skb);
    let Some(case) = case(Scratch::Hook) else {
        return NEXT;
    };
    let device = device(case.now);
    let header = header(&skb, case);
    if device == 0 || skb.grow_head(size_of::<LineHeader>() as u32).is_err() {
        count(case, |counters| counters.bypassed += 1);
        return NEXT;
    }
    if write(&skb, &header).is_err() {
        count(case, |counters| counters.failed += 1);
        return TC_ACT_SHOT;
    }
    count(case, |counters| counters.diverted += 1);
    redirect(device, false)
}

/// Sends a packet that the line wrote where its ticket says: the VLAN tag in front of its own.
#[inline(always)]
pub(super) fn go_on(skb: &Skb) -> i32 {
    let Some(number) = skb.vlan() else {
        return TC_ACT_SHOT;
    };
    let Some(ticket) = TICKETS.get(number).copied() else {
        return TC_ACT_SHOT;
    };
    if ticket.ifindex == 0 || skb.pop_vlan().is_err() {
        return TC_ACT_SHOT;
    }
    skb.set_mark(MARK_LINE | number);
    skb.set_priority(ticket.priority);
    redirect(
        ticket.ifindex,
        ticket.direction == Direction::Ingress as u32,
    )
}

/// Whether a packet with this mark comes back from the line.
#[inline(always)]
pub(super) fn is_back(mark: u32) -> bool {
    mark & !TICKET == MARK_LINE
}

/// Gives a packet that is back the mark that it had; every program after us sees it so.
#[inline(always)]
pub(super) fn back(skb: &Skb) -> i32 {
    let number = skb.mark() & TICKET;
    skb.set_mark(TICKETS.get(number).map_or(0, |ticket: &Ticket| ticket.mark));
    NEXT
}

/// Counts that another action won over each of the line's rules.
#[inline(never)]
pub(super) fn outrank(case: &Case) {
    count(case, |counters| counters.outranked += 1);
}

/// The line's device; 0 where there is none, or it does not answer.
#[inline(always)]
fn device(now: u64) -> u32 {
    let Some(line) = LINE.get_ptr_mut(0) else {
        return 0;
    };
    // SAFETY: a live value of the map, whose fields are words.
    let (ifindex, asked) = unsafe { ((*line).ifindex, &mut (*line).asked) };
    if *asked == 0 {
        *asked = now;
    }
    if now < *asked + LINE_STALE {
        ifindex
    } else {
        0
    }
}

#[inline(always)]
fn header(skb: &Skb, case: &Case) -> LineHeader {
    LineHeader {
        magic: LINE_MAGIC,
        tagged: u32::from(skb.vlan().is_some()),
        ifindex: skb.ifindex(),
        mark: skb.mark(),
        at: case.now,
        flow: case.hash,
        opened: case.packet.opening(),
        priority: skb.priority(),
        direction: case.packet.direction() as u32,
        rules: case.lines,
    }
}

#[inline(always)]
fn write(skb: &Skb, header: &LineHeader) -> Result<(), Refused> {
    let bytes: *const LineHeader = header;
    // SAFETY: plain memory without padding, of that size.
    let bytes = unsafe { &*bytes.cast::<[u8; size_of::<LineHeader>()]>() };
    skb.store(0, bytes)
}

/// Counts for each of the line's rules that hit.
#[inline(always)]
fn count(case: &Case, mut one: impl FnMut(&mut Counters)) {
    for at in 0..LINE_RULES {
        if let Some(counters) = counters(u32::from(case.lines[at])) {
            one(counters);
        }
    }
}
