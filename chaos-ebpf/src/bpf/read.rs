//! From a frame to a `Packet` in its map value.

use core::ffi::c_void;

use aya_ebpf::{bindings::__sk_buff, helpers::generated::bpf_loop};
use chaos_abi::{Birth, Direction};
use chaos_ebpf::{Case, EXTENSIONS, Frame, Packet};

use super::{
    maps::{ACTOR_CASE, CASE, FRAGMENTS},
    skb::Skb,
};

/// Which case a program uses: [`CASE`] or [`ACTOR_CASE`].
#[derive(Clone, Copy)]
#[repr(u32)]
pub(super) enum Scratch {
    Hook,
    Actor,
}

/// Reads a frame into its case. `None` for what is not IP, for what keeps the link up, and for what is
/// cut short: it passes.
///
/// As callbacks: their stacks are given back at the end, which on Linux 6.1 leaves enough for the rest.
#[inline(always)]
pub(super) fn read(skb: &Skb, direction: Direction, scratch: Scratch) -> Option<&'static mut Case> {
    case(scratch)?.is_read = 0;
    let mut read = Read::<WHERE_IT_STANDS> {
        skb: skb.raw(),
        scratch,
        leaves: direction as u32,
    };
    let turn: extern "C" fn(u64, *mut Read<WHERE_IT_STANDS>) -> i64 = read_frame;
    let context = (&raw mut read).cast::<c_void>();
    // SAFETY: the callback takes this context, which outlives the call.
    unsafe { bpf_loop(1, turn as *mut c_void, context, 0) };
    if case(scratch)?.is_read == 0 {
        // Headers that do not stand in one piece. Both ways in one callback have no room on its stack.
        let turn: extern "C" fn(u64, *mut Read<BY_CALL>) -> i64 = read_frame;
        // SAFETY: as above; both kinds of context are the same in memory.
        unsafe { bpf_loop(1, turn as *mut c_void, context, 0) };
    }
    let case = case(scratch).filter(|case| case.is_read != 0)?;
    if case.packet.may_quote() {
        let turn: extern "C" fn(u64, *mut Read<BY_CALL>) -> i64 = read_quote;
        // SAFETY: as above.
        unsafe { bpf_loop(1, turn as *mut c_void, context, 0) };
    }
    self::case(scratch)
}

/// A frame's bytes are read as memory: faster, and not possible where they are in several pieces.
const WHERE_IT_STANDS: bool = true;
/// A frame's bytes are copied by the kernel.
const BY_CALL: bool = false;

/// A frame, which way it goes, and whose case its packet is read into.
#[repr(C)]
struct Read<const HOW: bool> {
    skb: *mut __sk_buff,
    scratch: Scratch,
    leaves: u32,
}

/// Reads the packet.
extern "C" fn read_frame<const HOW: bool>(_: u64, read: *mut Read<HOW>) -> i64 {
    // SAFETY: `read` gives its own.
    let read = unsafe { &*read };
    let Some(case) = case(read.scratch) else {
        return 1;
    };
    let direction = if read.leaves == Direction::Egress as u32 {
        Direction::Egress
    } else {
        Direction::Ingress
    };
    let loopback = super::is_loopback(&Skb::from_raw(read.skb));
    if case.packet.begin(read, direction).is_some() {
        case.packet.set_loopback(loopback);
        case.birth = Birth::UNKNOWN;
        case.is_read = 1;
    }
    1
}

/// Reads what an ICMP error quotes.
extern "C" fn read_quote(_: u64, read: *mut Read<BY_CALL>) -> i64 {
    // SAFETY: `read` gives its own.
    let read = unsafe { &*read };
    if let Some(case) = case(read.scratch) {
        case.packet.quote(read);
    }
    1
}

/// Tells a fragment after the first the ports of the first, so that they share their fate. One whose
/// first fragment was not seen has no ports. A reference to the case from before is void.
#[inline(always)]
pub(super) fn share(packet: &Packet) {
    if packet.is_first_fragment() || packet.is_later_fragment() {
        let none = core::ptr::null_mut();
        let turn: extern "C" fn(u64, *mut c_void) -> i64 = share_fragment;
        // SAFETY: the callback takes no context.
        unsafe { bpf_loop(1, turn as *mut c_void, none, 0) };
    }
}

impl<const HOW: bool> Frame for Read<HOW> {
    #[inline(always)]
    fn load<const N: usize>(&self, offset: u32) -> Option<[u8; N]> {
        let skb = Skb::from_raw(self.skb);
        // A single byte is not looked at where it stands.
        if HOW == WHERE_IT_STANDS && N > 1 {
            skb.peek(offset)
        } else {
            skb.load(offset)
        }
    }

    /// As a callback, which the verifier follows once and not along every chain of headers.
    #[inline(always)]
    fn behind_extensions(&self, _: &mut Packet) {
        let turn: extern "C" fn(u64, *mut Self) -> i64 = next_extension;
        let context = core::ptr::from_ref(self).cast_mut().cast::<c_void>();
        // SAFETY: the callback takes this context, which outlives the call.
        unsafe { bpf_loop(EXTENSIONS, turn as *mut c_void, context, 0) };
    }
}

/// Goes behind one more header.
extern "C" fn next_extension<const HOW: bool>(_: u64, read: *mut Read<HOW>) -> i64 {
    // SAFETY: `behind_extensions` gives its own frame.
    let read = unsafe { &*read };
    // Its caller does nothing with the case meanwhile.
    let again = case(read.scratch).is_some_and(|case| case.packet.behind_extension(read));
    i64::from(!again)
}

/// The same, as a callback with a stack of its own.
extern "C" fn share_fragment(_: u64, _: *mut c_void) -> i64 {
    let Some(case) = case(Scratch::Hook) else {
        return 1;
    };
    let packet = &mut case.packet;
    if packet.is_later_fragment() {
        // SAFETY: the value is plain memory; one that is overwritten meanwhile is that of a packet
        // with the same identification.
        if let Some(first) = unsafe { FRAGMENTS.get(packet.fragment_key()) } {
            packet.continues(first);
        }
    } else if packet.has_ports() {
        // Where it is refused, those after it have no ports.
        let _ = FRAGMENTS.insert(packet.fragment_key(), packet.fragment_flow(), 0);
    }
    1
}

/// This CPU's case, or the actor's.
#[inline(always)]
pub(super) fn case(scratch: Scratch) -> Option<&'static mut Case> {
    let case = match scratch {
        Scratch::Hook => CASE.get_ptr_mut(0),
        Scratch::Actor => ACTOR_CASE.get_ptr_mut(0),
    };
    let case = case?;
    // SAFETY: a per-CPU value, or that of the one actor. Hooks run with softirqs off, so one of them is not interrupted by
    // another; those that its own packets run through find only packets with our mark.
    Some(unsafe { &mut *case })
}
