//! What the programs say: events through the ring buffer, and verdicts through the log.

use aya_log_ebpf::info;
use chaos_abi::{Event, EventKind};
use chaos_ebpf::Packet;

use super::{
    maps::{EVENTS, TOLD, TRACE, TRACED, UNTOLD},
    time::now,
};

/// Lines that one CPU traces in a second; the log is for eyes, not for accounts.
const LINES_A_SECOND: u64 = 1_000;

/// Sends an event.
#[inline(always)]
pub(super) fn event(kind: EventKind, slot: u32, packet: &Packet, now: u64) {
    let Some(mut entry) = EVENTS.reserve::<Event>(0) else {
        if let Some(untold) = UNTOLD.get_ptr_mut(0) {
            // SAFETY: a per-CPU value.
            unsafe { *untold += 1 };
        }
        return;
    };
    let event = entry.as_mut_ptr();
    let refused = matches!(kind, EventKind::Refused);
    // SAFETY: room for an event, of which each field is written; in place, since the stack is short.
    unsafe {
        (*event).at = now;
        (*event).kind = kind as u32;
        (*event).slot = slot;
        (*event).flow = packet.flow;
        (*event).syn = if refused { packet.seq } else { 0 };
        (*event).reserved = 0;
    }
    entry.submit(0);
}

/// Sends an event once in the life of a rule; twice where two CPUs meet the rule at one moment.
#[inline(always)]
pub(super) fn once(kind: EventKind, slot: u32, packet: &Packet, now: u64) {
    let Some(told) = TOLD.get_ptr_mut(slot) else {
        return;
    };
    let bit = 1 << kind as u32;
    // SAFETY: an aligned array value that lives as long as the program.
    let told = unsafe { &mut *told };
    if *told & bit == 0 {
        *told |= bit;
        event(kind, slot, packet, now);
    }
}

/// Traces a verdict, where tracing was switched on at the load.
#[inline(always)]
pub(super) fn verdict(word: &'static str, packet: &Packet, slot: u32) {
    if TRACE.load() == 0 || !affordable() {
        return;
    }
    let flow = &packet.flow;
    info!(
        (),
        "{} {} rule {}: {:i}:{} - {:i}:{} proto {} flags {:x}",
        word,
        packet.direction() as u8,
        slot,
        flow.local,
        u16::from_be_bytes(flow.local_port),
        flow.peer,
        u16::from_be_bytes(flow.peer_port),
        flow.protocol,
        packet.flags
    );
}

/// Whether this CPU may trace another line in this second.
#[inline(always)]
fn affordable() -> bool {
    let Some(traced) = TRACED.get_ptr_mut(0) else {
        return false;
    };
    // SAFETY: a per-CPU value.
    let [second, lines] = unsafe { &mut *traced };
    let now = now() / 1_000_000_000;
    if *second != now {
        (*second, *lines) = (now, 0);
    }
    *lines += 1;
    *lines <= LINES_A_SECOND
}
