//! What the programs say: events through the ring buffer, and verdicts through the log.

use aya_log_ebpf::info;
use chaos_abi::{Action, Event, EventKind};
use chaos_ebpf::{Hit, Packet};

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

/// Traces which rule acts, where tracing was switched on at the load. In one place, before it acts:
/// the verifier would follow the lines from each of the places behind that.
#[inline(always)]
pub(super) fn verdict(hit: Hit, packet: &Packet) {
    if TRACE.load() == 0 || !affordable() {
        return;
    }
    let word = word(hit.action);
    let flow = &packet.flow;
    info!(
        (),
        "{} {} rule {}: {:i}:{} - {:i}:{} proto {} flags {:x}",
        word,
        packet.direction() as u8,
        hit.slot,
        flow.local,
        u16::from_be_bytes(flow.local_port),
        flow.peer,
        u16::from_be_bytes(flow.peer_port),
        flow.protocol,
        packet.flags
    );
}

/// The words of the actions in their order, each as long as the longest.
const WORDS: &str = "reset    reject   loss     blackhole";
const LONGEST: usize = 9;

/// An action's word, without a branch, each of which the verifier would follow through the line.
#[inline(always)]
fn word(action: Action) -> &'static str {
    let at = (action.word() as usize - 1) % 4 * LONGEST;
    // SAFETY: there are four words, each a byte a letter.
    unsafe { WORDS.get_unchecked(at..at + LONGEST) }
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
