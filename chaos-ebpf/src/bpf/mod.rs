//! The four programs, and the table of fates that each hook ends in.

mod act;
mod actor;
mod births;
mod count;
mod draw;
mod judge;
mod line;
mod maps;
mod quote;
mod read;
mod refuse;
mod skb;
mod socket;
mod table;
mod tell;
mod time;

use aya_ebpf::{bindings::TC_ACT_UNSPEC, macros::classifier, programs::TcContext};
use chaos_abi::{Action, Answer, Direction, MARK_PASS, MARK_ROUTE};
use chaos_ebpf::{Hit, Packet};

use self::{
    judge::Verdict,
    read::{Scratch, read, share},
    skb::Skb,
};

/// Let the packet on to the next program: tcx's NEXT, clsact's UNSPEC.
const NEXT: i32 = TC_ACT_UNSPEC;

/// The hook on packets towards the target.
#[classifier]
pub(crate) fn netfault_ingress(ctx: TcContext) -> i32 {
    hook(&Skb::of(&ctx), Direction::Ingress)
}

/// The hook on packets away from the target.
#[classifier]
pub(crate) fn netfault_egress(ctx: TcContext) -> i32 {
    hook(&Skb::of(&ctx), Direction::Egress)
}

/// Resets one idle connection: user space runs it with a frame that names the flow. One that has a
/// mark of ours it sends as it is.
#[classifier]
pub(crate) fn netfault_actor(ctx: TcContext) -> i32 {
    actor::run(&Skb::of(&ctx))
}

/// Lets a packet that comes back from the delay line go on.
#[classifier]
pub(crate) fn netfault_line(ctx: TcContext) -> i32 {
    line::go_on(&Skb::of(&ctx))
}

#[inline(always)]
fn hook(skb: &Skb, direction: Direction) -> i32 {
    match skb.mark() {
        MARK_PASS => return ours(skb, direction),
        MARK_ROUTE => return act::route(skb),
        mark if line::is_back(mark) => return line::back(skb),
        _ => {}
    }
    count::seen(skb, direction);
    if table::config().is_none() {
        return NEXT;
    }
    if table::misses(skb.raw(), direction as u32) {
        return NEXT;
    }
    let Some(case) = read(skb, direction, Scratch::Hook) else {
        return NEXT;
    };
    share(&case.packet);
    births::learn(Scratch::Hook);
    let Some(bank) = table::armed() else {
        return NEXT;
    };
    match judge::verdict(skb, bank) {
        Verdict::Pass => NEXT,
        Verdict::Divert => line::divert(skb.raw()),
        Verdict::Act(hit, packet) => {
            tell::verdict(hit, packet);
            match deed(skb, hit, packet) {
                Deed::Drop => act::swallow(packet, hit.slot),
                Deed::Reset => act::reset(skb, packet, hit.slot),
                Deed::Error(answer) => act::reject(skb, packet, hit.slot, answer),
                Deed::Nothing => NEXT,
            }
        }
    }
}

/// What is done to a packet.
enum Deed {
    Drop,
    Reset,
    Error(Answer),
    Nothing,
}

/// What the rule that hits a packet does to it.
#[inline(always)]
fn deed(skb: &Skb, hit: Hit, packet: &Packet) -> Deed {
    match hit.action {
        Action::Blackhole | Action::Loss => Deed::Drop,
        // It is never the one that acts alone.
        Action::Line => Deed::Nothing,
        Action::Reset => Deed::Reset,
        Action::Reject if !act::may_answer(skb, packet) => Deed::Drop,
        Action::Reject => match judge::answer(hit.slot) {
            Answer::TcpReset => Deed::Reset,
            answer => Deed::Error(answer),
        },
    }
}

/// A packet that netfault made passes, and every program after us sees it without our mark; but what
/// leaves through loopback arrives there too, and is to be known then.
#[inline(always)]
fn ours(skb: &Skb, direction: Direction) -> i32 {
    if matches!(direction, Direction::Egress) && is_loopback(skb) {
        return NEXT;
    }
    skb.set_mark(0);
    if let Direction::Ingress = direction {
        skb.to_this_host();
    }
    NEXT
}

/// Whether a packet is on the loopback interface, where that has hooks.
#[inline(always)]
fn is_loopback(skb: &Skb) -> bool {
    let config = maps::CONFIG.get(0);
    config.is_some_and(|config| config.loopback != 0 && config.loopback == skb.ifindex())
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}

// SAFETY: the kernel reads the section as a C string, which the final zero ends.
#[unsafe(link_section = "license")]
#[unsafe(no_mangle)]
static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";
