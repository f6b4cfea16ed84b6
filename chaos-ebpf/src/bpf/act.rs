//! The fates of a packet that a rule hits.

use core::ffi::c_void;

use aya_ebpf::{
    bindings::{__sk_buff, TC_ACT_SHOT},
    helpers::generated::{bpf_loop, bpf_redirect_neigh},
};
use chaos_abi::{
    Answer, Direction, EventKind, MARK_PASS,
    frame::{IPV6_HEADER, TCP_HEADER},
};
use chaos_ebpf::{Frame, Packet, Segment, tcp};

use super::{
    NEXT,
    count::counters,
    read::{Scratch, case},
    refuse::refuse,
    skb::{Refused, Skb, redirect},
    socket, tell,
    time::now,
};

/// An interface index that cannot exist: the kernel assigns them from 1 and wraps before this.
const NOWHERE: u32 = 0x7fff_ffff;

/// Time to live of a RST that we send back on a packet's way.
const TTL: u8 = 64;

// Offsets from the start of the IP header.
const IPV4_TTL: u32 = 8;
const IPV4_CHECKSUM: u32 = 10;
pub(super) const IPV4_LENGTH: u32 = 2;
const IPV4_FRAGMENT: u32 = 6;
const MORE_FRAGMENTS: u16 = 0x2000;
const IPV4_ADDRESSES: u32 = 12;
pub(super) const IPV6_LENGTH: u32 = 4;
const IPV6_HOP_LIMIT: u32 = 7;
const IPV6_ADDRESSES: u32 = 8;

pub(super) const TCP_CHECKSUM: u32 = 16;

/// Drops a packet as a network would: the sender's stack must not learn of it. A TC drop on egress
/// is told to the socket (ENOBUFS, and TCP takes it for local congestion); a redirect to an
/// interface that does not exist is not.
#[inline(always)]
pub(super) fn swallow(packet: &Packet, slot: u32) -> i32 {
    if let Some(counters) = counters(slot) {
        counters.dropped += 1;
    }
    silently(packet.direction())
}

/// Replaces a TCP segment by a RST to each end; a SYN is refused. A function of its own: the hook's
/// frame, which lasts while headers are read, has no room for this one's.
#[inline(never)]
pub(super) fn reset(skb: &Skb, packet: &Packet, slot: u32) -> i32 {
    let Some(counters) = counters(slot) else {
        return NEXT;
    };
    // What is left of a segment whose first fragment was answered.
    if packet.is_later_fragment() && packet.has_ports() {
        counters.dropped += 1;
        return silently(packet.direction());
    }
    // The ends' own RSTs say it already, and a later fragment alone has nothing to answer.
    if packet.flags & tcp::RST != 0 || !packet.is_segment() {
        counters.let_through += 1;
        return NEXT;
    }
    let Ok(verdict) = answered(skb) else {
        counters.failed += 1;
        return silently(packet.direction());
    };
    let kind = if packet.opens() {
        counters.refused += 1;
        EventKind::Refused
    } else {
        counters.reset += 1;
        EventKind::Reset
    };
    tell::event(kind, slot, packet, now());
    verdict
}

/// Answers an attempt with an ICMP error; it goes no further.
#[inline(always)]
pub(super) fn reject(skb: &Skb, packet: &Packet, slot: u32, answer: Answer) -> i32 {
    let Some(counters) = counters(slot) else {
        return NEXT;
    };
    let Ok(verdict) = refuse(skb, packet, answer) else {
        counters.failed += 1;
        return silently(packet.direction());
    };
    counters.refused += 1;
    if packet.is_segment() {
        tell::event(EventKind::Refused, slot, packet, now());
    }
    verdict
}

/// Whether an attempt has an answer: what is left of a datagram whose first fragment was answered has
/// none, nor has what went to many.
#[inline(always)]
pub(super) fn may_answer(skb: &Skb, packet: &Packet) -> bool {
    !packet.is_later_fragment() && packet.is_of_two() && !is_to_many(skb)
}

/// Whether a frame went to more than one station (IEEE 802.3 §3.2.3).
#[inline(always)]
fn is_to_many(skb: &Skb) -> bool {
    skb.load(0).is_some_and(|[first]: [u8; 1]| first & 1 != 0)
}

/// Hands a packet to the kernel's own routing and neighbour look-up, out of this interface.
#[inline(always)]
pub(super) fn route(skb: &Skb) -> i32 {
    skb.set_mark(MARK_PASS);
    neighbour(skb)
}

#[inline(always)]
fn neighbour(skb: &Skb) -> i32 {
    // SAFETY: no parameters: the kernel looks the next hop up by the packet itself.
    (unsafe { bpf_redirect_neigh(skb.ifindex(), core::ptr::null_mut(), 0, 0) }) as i32
}

#[inline(always)]
pub(super) fn silently(direction: Direction) -> i32 {
    match direction {
        Direction::Egress => redirect(NOWHERE, false),
        Direction::Ingress => TC_ACT_SHOT,
    }
}

/// A segment on its way to become RSTs.
#[repr(C)]
struct Segments {
    skb: *mut __sk_buff,
    verdict: i32,
    done: u32,
}

/// Answers the segment that was read; the verdict on what is left of it. As a callback, whose stack is
/// given back at its end.
#[inline(always)]
fn answered(skb: &Skb) -> Result<i32, Refused> {
    let mut segments = Segments {
        skb: skb.raw(),
        verdict: 0,
        done: 0,
    };
    let turn: extern "C" fn(u64, *mut Segments) -> i64 = answer_read;
    let context = (&raw mut segments).cast::<c_void>();
    // SAFETY: the callback takes this context, which outlives the call.
    unsafe { bpf_loop(1, turn as *mut c_void, context, 0) };
    if segments.done == 0 {
        return Err(Refused);
    }
    Ok(segments.verdict)
}

extern "C" fn answer_read(_: u64, segments: *mut Segments) -> i64 {
    // SAFETY: `answered` gives its own.
    let segments = unsafe { &mut *segments };
    let Some(case) = case(Scratch::Hook) else {
        return 1;
    };
    if let Ok(verdict) = answer(&Skb::from_raw(segments.skb), &case.packet) {
        (segments.verdict, segments.done) = (verdict, 1);
    }
    1
}

/// Cuts the segment to its headers, sends it on as a RST, turns it round and sends that back.
#[inline(always)]
fn answer(skb: &Skb, packet: &Packet) -> Result<i32, Refused> {
    let leaving = matches!(packet.direction(), Direction::Egress);
    cut(skb, packet)?;
    let partial = is_partial(skb, packet.l4 + TCP_CHECKSUM)?;
    skb.set_mark(MARK_PASS);
    if !packet.opens() {
        onward(skb, packet, partial)?;
    }
    turn(skb, packet)?;
    let back = Segment::back(packet).header(&packet.flow, partial);
    skb.store(packet.l4, &back)?;
    // What is put into loopback from outside has no route to the addresses on both of its ends.
    if packet.is_loopback() {
        return Ok(neighbour(skb));
    }
    Ok(redirect(skb.ifindex(), leaving))
}

/// Sends RSTs on to the segment's receiver. To one that has what the segment carries, as where that is
/// sent again, its number is old, and a RST with an old number is passed over without a word (RFC 9293
/// §3.10.7.4): another has the number with which the sender goes on.
#[inline(always)]
fn onward(skb: &Skb, packet: &Packet, partial: bool) -> Result<(), Refused> {
    let mut segment = Segment::onward(packet);
    let next = socket::next_of(skb, packet).unwrap_or(segment.seq);
    let ingress = matches!(packet.direction(), Direction::Ingress) && !packet.is_loopback();
    loop {
        let header = segment.header(&packet.flow, partial);
        skb.store(packet.l4, &header)?;
        skb.send_copy(skb.ifindex(), ingress)?;
        if segment.seq == next {
            return Ok(());
        }
        segment.seq = next;
    }
}

/// Cuts off TCP options and data, and says so in the IP header. The first fragment of a segment stands
/// for all of it: its RSTs are whole.
#[inline(always)]
fn cut(skb: &Skb, packet: &Packet) -> Result<(), Refused> {
    let l3 = packet.l3;
    skb.resize(packet.l4 + TCP_HEADER as u32)?;
    let length = (packet.l4 - l3) as u16 + TCP_HEADER as u16;
    if packet.is_v6() {
        skb.store(
            l3 + IPV6_LENGTH,
            &(length - IPV6_HEADER as u16).to_be_bytes(),
        )?;
        return make_whole(skb, packet);
    }
    rewrite(skb, l3, IPV4_LENGTH, |_| length)?;
    rewrite(skb, l3, IPV4_FRAGMENT, |fragment| {
        fragment & !MORE_FRAGMENTS
    })
}

/// Clears the bit that says that more fragments follow (RFC 8200 §4.5).
#[inline(always)]
fn make_whole(skb: &Skb, packet: &Packet) -> Result<(), Refused> {
    if !packet.is_first_fragment() {
        return Ok(());
    }
    let [low] = skb.load(packet.fragment_at + 1).ok_or(Refused)?;
    skb.store(packet.fragment_at + 1, &[low & !1])
}

/// Changes a 16-bit word of the IPv4 header, checksum included.
#[inline(always)]
fn rewrite(
    skb: &Skb,
    l3: u32,
    offset: u32,
    change: impl FnOnce(u16) -> u16,
) -> Result<(), Refused> {
    let old = u16::from_be_bytes(skb.load(l3 + offset).ok_or(Refused)?);
    let new = change(old);
    skb.l3_checksum(l3 + IPV4_CHECKSUM, old, new)?;
    skb.store(l3 + offset, &new.to_be_bytes())
}

/// Swaps the MAC and IP addresses, and gives the packet a fresh time to live.
#[inline(always)]
pub(super) fn turn(skb: &Skb, packet: &Packet) -> Result<(), Refused> {
    let l3 = packet.l3;
    swap::<6>(skb, 0)?;
    if packet.is_v6() {
        swap::<16>(skb, l3 + IPV6_ADDRESSES)?;
        return skb.store(l3 + IPV6_HOP_LIMIT, &[TTL]);
    }
    swap::<4>(skb, l3 + IPV4_ADDRESSES)?;
    rewrite(skb, l3, IPV4_TTL, |word| {
        u16::from_be_bytes([TTL, word.to_be_bytes()[1]])
    })
}

/// Swaps two fields of N bytes that stand side by side.
#[inline(always)]
fn swap<const N: usize>(skb: &Skb, offset: u32) -> Result<(), Refused> {
    let first: [u8; N] = skb.load(offset).ok_or(Refused)?;
    let second: [u8; N] = skb.load(offset + N as u32).ok_or(Refused)?;
    skb.store(offset, &second)?;
    skb.store(offset + N as u32, &first)
}

/// Whether the stack or a device will complete the checksum (`CHECKSUM_PARTIAL`). BPF cannot read
/// that, but an update without a pseudo-header leaves a partial checksum alone.
#[inline(always)]
pub(super) fn is_partial(skb: &Skb, checksum: u32) -> Result<bool, Refused> {
    const PROBE: u64 = 0x1234;
    let before: [u8; 2] = skb.load(checksum).ok_or(Refused)?;
    skb.l4_checksum(checksum, 0, PROBE)?;
    let after: [u8; 2] = skb.load(checksum).ok_or(Refused)?;
    skb.l4_checksum(checksum, PROBE, 0)?;
    Ok(u16::from_ne_bytes(before) == u16::from_ne_bytes(after))
}
