//! Refusing an attempt with an ICMP error that quotes it.
//!
//! The new headers go in front of the packet, so that its transport header stays where a checksum that
//! is still to be completed begins.

use core::ffi::c_void;

use aya_ebpf::{bindings::__sk_buff, helpers::generated::bpf_loop};
use chaos_abi::{
    ANSWER_FRAME, Answer, Direction, MARK_OUT, MARK_PASS, Pending, frame::IPV6_HEADER,
};
use chaos_ebpf::{Frame, HEAD_V4, HEAD_V6, Packet, Unreachable};

use super::{
    act::silently,
    maps::PENDING,
    quote,
    read::{Scratch, case},
    skb::{Refused, Skb, redirect},
};

// Where the ends stand in the fixed header of IPv6.
const IPV6_SOURCE: u32 = 8;
const IPV6_TARGET: u32 = 24;

/// Bytes of the longest link header: Ethernet's with two tags.
const LINK: usize = 22;

/// An attempt on its way to become its answer. Each step is a callback, whose stack is given back at
/// its end.
#[repr(C)]
struct Attempt {
    skb: *mut __sk_buff,
    answer: u32,
    /// Bytes of the quote, and then of the whole error.
    length: u32,
    /// The quote's sum.
    sum: u32,
    /// How many steps went well.
    done: u32,
}

type Step = extern "C" fn(u64, *mut Attempt) -> i64;

impl Attempt {
    /// Takes a step, after those before it.
    #[inline(always)]
    fn take(&mut self, step: Step) -> Result<(), Refused> {
        let before = self.done;
        let context = core::ptr::from_mut(self).cast::<c_void>();
        // SAFETY: the callback takes this context, which outlives the call.
        unsafe { bpf_loop(1, step as *mut c_void, context, 0) };
        if self.done == before {
            return Err(Refused);
        }
        Ok(())
    }
}

/// Answers the attempt that was read with an ICMP error; the verdict on what is left of it.
///
/// A SYN's answer waits for user space: whoever connects still holds the socket's lock while the SYN
/// is on its way, and a socket that is locked does not hear ICMP. Where no more can wait, the answer
/// to the next SYN must do.
#[inline(always)]
pub(super) fn refuse(skb: &Skb, packet: &Packet, answer: Answer) -> Result<i32, Refused> {
    let mut attempt = Attempt {
        skb: skb.raw(),
        answer: answer as u32,
        length: 0,
        sum: 0,
        done: 0,
    };
    attempt.take(cut)?;
    attempt.take(if packet.is_v6() { head_v6 } else { head_v4 })?;
    if packet.is_segment() && attempt.take(wait).is_ok() {
        return Ok(silently(packet.direction()));
    }
    skb.resize(attempt.length)?;
    skb.set_mark(MARK_PASS);
    let leaving = matches!(packet.direction(), Direction::Egress);
    Ok(redirect(skb.ifindex(), leaving))
}

/// The attempt of a step, its packet buffer and its packet.
#[inline(always)]
fn of(attempt: *mut Attempt) -> Option<(&'static mut Attempt, Skb, &'static Packet)> {
    // SAFETY: `Attempt::take` gives its own, which outlives the step.
    let attempt = unsafe { &mut *attempt };
    let skb = Skb::from_raw(attempt.skb);
    Some((attempt, skb, &case(Scratch::Hook)?.packet))
}

/// Cuts the packet to what is quoted of it, and sums that.
extern "C" fn cut(_: u64, attempt: *mut Attempt) -> i64 {
    let Some((attempt, skb, packet)) = of(attempt) else {
        return 1;
    };
    if let Ok((length, sum)) = quote::quote(&skb, packet) {
        (attempt.length, attempt.sum) = (length, u32::from(sum));
        attempt.done += 1;
    }
    1
}

/// Puts the headers of the error in front of the quote.
extern "C" fn head_v4(_: u64, attempt: *mut Attempt) -> i64 {
    let Some((attempt, skb, packet)) = of(attempt) else {
        return 1;
    };
    let head = || {
        skb.grow_head(u32::from(HEAD_V4))?;
        turn_link(&skb, u32::from(HEAD_V4))?;
        skb.store(packet.l3, &attempt.error(packet).v4())
    };
    if head().is_ok() {
        attempt.length += packet.l3 + u32::from(HEAD_V4);
        attempt.done += 1;
    }
    1
}

/// The same for IPv6.
extern "C" fn head_v6(_: u64, attempt: *mut Attempt) -> i64 {
    let Some((attempt, skb, packet)) = of(attempt) else {
        return 1;
    };
    let head = || {
        skb.grow_head(u32::from(HEAD_V6))?;
        turn_link(&skb, u32::from(HEAD_V6))?;
        let error = attempt.error(packet);
        let ((fixed, icmp), (from, to)) = (error.v6(), error.ends());
        skb.store(packet.l3, &fixed)?;
        skb.store(packet.l3 + IPV6_SOURCE, from)?;
        skb.store(packet.l3 + IPV6_TARGET, to)?;
        skb.store(packet.l3 + IPV6_HEADER as u32, &icmp)
    };
    if head().is_ok() {
        attempt.length += packet.l3 + u32::from(HEAD_V6);
        attempt.done += 1;
    }
    1
}

impl Attempt {
    #[inline(always)]
    fn error<'a>(&self, packet: &'a Packet) -> Unreachable<'a> {
        Unreachable {
            flow: &packet.flow,
            went: packet.direction(),
            answer: self.answer as u16,
            length: self.length as u16,
            sum: self.sum as u16,
        }
    }
}

/// Leaves the error for user space to send.
extern "C" fn wait(_: u64, attempt: *mut Attempt) -> i64 {
    let Some((attempt, skb, packet)) = of(attempt) else {
        return 1;
    };
    if skb.resize(ANSWER_FRAME as u32).is_err() {
        return 1;
    }
    let Some(mut entry) = PENDING.reserve::<Pending>(0) else {
        return 1;
    };
    let pending = entry.as_mut_ptr();
    // SAFETY: room for one, of which each field is written; in place, since the stack is short.
    let copied = unsafe {
        (*pending).ifindex = skb.ifindex();
        (*pending).mark = match packet.direction() {
            Direction::Egress => MARK_PASS,
            Direction::Ingress => MARK_OUT,
        };
        (*pending).length = attempt.length;
        (*pending).reserved = 0;
        skb.load_into(0, &raw mut (*pending).frame)
    };
    if copied.is_ok() {
        entry.submit(0);
        attempt.done += 1;
    } else {
        entry.discard(0);
    }
    1
}

/// Moves the link header in front of the `head` bytes that are new, and turns it round.
#[inline(always)]
fn turn_link(skb: &Skb, head: u32) -> Result<(), Refused> {
    let link: [u8; LINK] = skb.load(head).ok_or(Refused)?;
    let mut turned = link;
    let mut byte = 0;
    while byte < 6 {
        (turned[byte], turned[byte + 6]) = (link[byte + 6], link[byte]);
        byte += 1;
    }
    skb.store(0, &turned)
}
