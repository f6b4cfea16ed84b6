//! Draws that go by what was before: the number of a connection, how many of its packets there were.

use core::intrinsics::{AtomicOrdering::SeqCst, atomic_cxchg, atomic_xadd};

use aya_ebpf::{bindings::BPF_NOEXIST, helpers::generated::bpf_get_prandom_u32};
use chaos_abi::{Action, CERTAIN, Drawn, flag};
use chaos_ebpf::{Case, drawn, lost};

use super::maps::{DRAWS, NUMBERS, Words};

/// What a draw gave.
#[must_use]
#[derive(Clone, Copy)]
pub(super) struct Draw(u32);

impl Draw {
    const HIT: u32 = 1;
    const UNNUMBERED: u32 = 2;

    /// Whether the rule hits the packet.
    #[inline(always)]
    pub(super) fn is_hit(self) -> bool {
        self.0 & Self::HIT != 0
    }

    /// Whether there was no room for its connection.
    #[inline(always)]
    pub(super) fn is_unnumbered(self) -> bool {
        self.0 & Self::UNNUMBERED != 0
    }

    #[inline(always)]
    fn of(is_hit: bool, is_unnumbered: bool) -> Self {
        Self(u32::from(is_hit) | u32::from(is_unnumbered) << 1)
    }
}

/// Whether the rule of a case, which is in force, hits its packet.
#[inline(always)]
pub(super) fn draw(case: &mut Case) -> Draw {
    let rule = &case.rule;
    if rule.threshold >= CERTAIN {
        Draw(Draw::HIT)
    } else if rule.action == Action::Loss.word() {
        packet(case)
    } else if rule.flags & flag::BY_FLOW != 0 {
        Draw::of(drawn(rule, case.hash), false)
    } else {
        connection(case)
    }
}

/// Draws the connection by its number, or where there is no room for it by its flow.
#[inline(never)]
fn connection(case: &mut Case) -> Draw {
    match numbered(case) {
        Some(known) => Draw::of(drawn(&case.rule, known.number), false),
        None => Draw::of(drawn(&case.rule, case.hash), true),
    }
}

/// Draws the packet once for all rules of the block.
#[inline(never)]
fn packet(case: &mut Case) -> Draw {
    let block = case.rule.block;
    if let Some(is_lost) = case.losses.of(block) {
        return Draw::of(is_lost, false);
    }
    let draw = if case.packet.is_later_fragment() {
        Draw::of(was_lost(case), false)
    } else {
        next(case)
    };
    case.losses.note(block, draw.is_hit());
    draw
}

/// Draws the next packet of the connection, where there is no room for that by chance.
#[inline(always)]
fn next(case: &mut Case) -> Draw {
    let way = case.packet.direction();
    let draw = match numbered(case) {
        Some(known) => {
            let connection = if case.rule.flags & flag::BY_FLOW != 0 {
                case.hash
            } else {
                known.number
            };
            let before = add_one(&raw mut known.packets[way as usize & 1]);
            Draw::of(lost(&case.rule, connection, way, before), false)
        }
        // SAFETY: takes no pointer.
        None => match u64::from(unsafe { bpf_get_prandom_u32() }) {
            before => Draw::of(lost(&case.rule, case.hash, way, before), true),
        },
    };
    if case.packet.is_first_fragment() {
        remember(case, draw.is_hit());
    }
    draw
}

/// The connection as the block knows it, numbered when it is met first; `None` where there is no room.
/// Two CPUs that meet it first at one moment may leave a number out.
#[inline(always)]
fn numbered(case: &mut Case) -> Option<&'static mut Drawn> {
    let all = DRAWS.get(0)?;
    let opened = case.packet.opening();
    case.name(0);
    let known = match all.get_ptr_mut(&case.key) {
        Some(known) => known,
        None => {
            case.fresh = Drawn {
                opened,
                ..Drawn::default()
            };
            // Another CPU may be first.
            let _ = all.insert(&case.key, words(&case.fresh), BPF_NOEXIST.into());
            all.get_ptr_mut(&case.key)?
        }
    };
    // SAFETY: an entry is not removed while a rule of its block is in force; other CPUs read it too.
    let known = unsafe { &mut *known.cast::<Drawn>() };
    if known.number == 0 {
        let number = add_one(NUMBERS.get_ptr_mut(u32::from(case.rule.block))?) + 1;
        // SAFETY: an aligned word of a map.
        unsafe { atomic_cxchg::<_, { SeqCst }, { SeqCst }>(&raw mut known.number, 0, number) };
    } else if opened != 0 && opened != known.opened {
        known.number = add_one(NUMBERS.get_ptr_mut(u32::from(case.rule.block))?) + 1;
        known.opened = opened;
        known.packets = [0; 2];
    }
    Some(known)
}

/// Writes down what became of the first fragment of a packet.
#[inline(always)]
fn remember(case: &mut Case, is_lost: bool) {
    let Some(all) = DRAWS.get(0) else {
        return;
    };
    let ident = u64::from(case.packet.ident());
    case.name(case.packet.place());
    case.fresh = Drawn {
        number: u64::from(is_lost),
        opened: ident,
        ..Drawn::default()
    };
    // Where there is no room those after it pass: without the first the packet is lost all the same.
    let _ = all.insert(&case.key, words(&case.fresh), 0);
}

/// Whether the first fragment of a packet was lost; not where that is not known.
#[inline(always)]
fn was_lost(case: &mut Case) -> bool {
    let Some(all) = DRAWS.get(0) else {
        return false;
    };
    let ident = u64::from(case.packet.ident());
    case.name(case.packet.place());
    let first = all.get_ptr(&case.key).map(<*const Words>::cast::<Drawn>);
    // SAFETY: an entry is not removed while a rule of its block is in force.
    let first = first.map(|first| unsafe { &*first });
    first.is_some_and(|first| first.opened == ident && first.number != 0)
}

/// The entry of a connection.
#[inline(always)]
fn words(drawn: &Drawn) -> &Words {
    const _: () = assert!(size_of::<Drawn>() == size_of::<Words>());
    // SAFETY: four words without padding.
    unsafe { &*core::ptr::from_ref(drawn).cast::<Words>() }
}

/// Adds one, and gives what was there. The standard library has no such thing for this target; with a
/// weaker ordering the compiler makes an instruction that does not fetch, and the number stays.
#[inline(always)]
fn add_one(word: *mut u64) -> u64 {
    // SAFETY: an aligned word of a map, which others change only so while it is in use.
    unsafe { atomic_xadd::<u64, u64, { SeqCst }>(word, 1) }
}
