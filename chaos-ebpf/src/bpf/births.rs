//! When TCP connections began, and who opened them: written down while a rule asks.

use core::ffi::c_void;

use aya_ebpf::{
    bindings::{BPF_ANY, BPF_NOEXIST},
    helpers::generated::bpf_loop,
};
use chaos_abi::{Birth, Protocol};
use chaos_ebpf::Packet;

use super::{
    maps::{BIRTHS, BirthWords, UNBORN},
    read::{Scratch, case},
    table,
    time::now,
};

/// Learns how the connection of a case began, where a rule asks, and writes it down if it begins now:
/// before any rule judges it, so that one that is dropped is not taken for an older one. A reference to
/// the case from before is void.
///
/// As a callback, whose stack is given back at the end.
#[inline(always)]
pub(super) fn learn(scratch: Scratch) {
    if table::config().is_none_or(|config| config.cuts == 0) {
        return;
    }
    let turn: extern "C" fn(u64, *mut c_void) -> i64 = match scratch {
        Scratch::Hook => learn_of_packet,
        Scratch::Actor => learn_of_idle,
    };
    let none = core::ptr::null_mut();
    // SAFETY: the callbacks take no context.
    unsafe { bpf_loop(1, turn as *mut c_void, none, 0) };
}

extern "C" fn learn_of_packet(_: u64, _: *mut c_void) -> i64 {
    learn_birth(Scratch::Hook)
}

extern "C" fn learn_of_idle(_: u64, _: *mut c_void) -> i64 {
    learn_birth(Scratch::Actor)
}

#[inline(always)]
fn learn_birth(scratch: Scratch) -> i64 {
    let Some(case) = case(scratch) else {
        return 1;
    };
    let cuts = table::config().map_or(0, |config| config.cuts);
    if cuts == 0 || case.packet.protocol() != Protocol::Tcp {
        return 1;
    }
    note(&case.packet, cuts);
    let known = BIRTHS.get(0).and_then(|all| all.get_ptr(&case.packet.flow));
    if let Some(birth) = known.map(<*const BirthWords>::cast::<Birth>) {
        // SAFETY: the value is plain memory; one that is overwritten meanwhile is that of a connection
        // that begins.
        case.birth = unsafe { *birth };
    }
    1
}

/// Writes down that a connection begins: at its SYN, or at the answer to one from before the first
/// cut.
#[inline(always)]
fn note(packet: &Packet, cuts: u32) {
    let Some(opener) = packet.begins() else {
        return;
    };
    let birth = Birth {
        at: now(),
        cut: cuts,
        opener: opener as u32,
    };
    let Some(all) = BIRTHS.get(0) else {
        return;
    };
    if !packet.opens() {
        // Most are there already, since their SYN was seen.
        let _ = all.insert(&packet.flow, words(&birth), u64::from(BPF_NOEXIST));
    } else if all
        .insert(&packet.flow, words(&birth), u64::from(BPF_ANY))
        .is_err()
        && let Some(count) = UNBORN.get_ptr_mut(0)
    {
        // SAFETY: a per-CPU value.
        unsafe { *count += 1 };
    }
}

fn words(birth: &Birth) -> &BirthWords {
    const _: () = assert!(size_of::<Birth>() == size_of::<BirthWords>());
    // SAFETY: two words without padding.
    unsafe { &*core::ptr::from_ref(birth).cast::<BirthWords>() }
}
