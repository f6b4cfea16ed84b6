//! Resetting a connection that sends nothing: the socket knows the sequence numbers.
//!
//! User space runs this through `BPF_PROG_TEST_RUN`, inside the target's namespace and on the
//! interface that leads to the peer, with a frame that names the flow (`chaos_abi::frame`).

use core::ffi::c_void;

use aya_ebpf::{bindings::__sk_buff, helpers::generated::bpf_loop};
use chaos_abi::{Action, ActorAnswer, Direction, MARK_OUT, MARK_PASS, MARK_ROUTE};
use chaos_ebpf::{Case, Fate, Hit, Packet, Segment, tcp};

use super::{
    act::turn,
    births,
    count::{self, counters},
    draw::draw,
    judge,
    read::{Scratch, case, read},
    skb::{Refused, Skb},
    socket::{Numbers, SYN_SENT, look_up},
    table::{armed, meet, spares, take_rule},
    time::{leased, now},
};

/// Sends a frame that is marked; otherwise judges the flow as an egress packet of it would be judged, and resets it where a rule says so.
#[inline(always)]
pub(super) fn run(skb: &Skb) -> i32 {
    if let Some(ingress) = ready(skb.mark()) {
        skb.set_mark(MARK_PASS);
        let sent = skb.send_copy(skb.ifindex(), ingress);
        return sent.map_or(ActorAnswer::Failed, |()| ActorAnswer::Sent) as i32;
    }
    let case = read(skb, Direction::Egress, Scratch::Actor);
    let returned = if case.is_some_and(|case| case.packet.is_segment()) {
        flow(skb)
    } else {
        ActorAnswer::Malformed.returned(0)
    };
    returned as i32
}

/// Whether a frame with this mark goes into its interface; `None` for one that names a flow.
#[inline(always)]
fn ready(mark: u32) -> Option<bool> {
    match mark {
        MARK_PASS => Some(true),
        MARK_OUT => Some(false),
        _ => None,
    }
}

#[inline(always)]
fn flow(skb: &Skb) -> u32 {
    let Some((slot, case)) = resetting() else {
        return ActorAnswer::Unmatched.returned(0);
    };
    let Some(numbers) = look_up(skb, &case.packet) else {
        return ActorAnswer::NoSocket.returned(slot);
    };
    if emitted(skb, numbers).is_err() {
        return ActorAnswer::Failed.returned(slot);
    }
    if let Some(counters) = counters(slot) {
        counters.idle_reset += 1;
        count::hit(counters, case.now);
    }
    ActorAnswer::Reset.returned(slot)
}

/// The reset rule that acts on the flow now, and the case.
#[inline(always)]
fn resetting() -> Option<(u32, &'static Case)> {
    let now = now();
    if !leased(now) {
        return None;
    }
    births::learn(Scratch::Actor);
    let before = meet(Scratch::Actor, armed()?)?;
    before.open(now, true);
    let case = judge::each(Scratch::Actor, next_rule)?;
    case.acting().map(|hit| (hit.slot, &*case))
}

/// Takes the next rule if it resets the flow.
extern "C" fn next_rule(_: u64, _: *mut c_void) -> i64 {
    let Some(case) = case(Scratch::Actor) else {
        return judge::ENOUGH;
    };
    let Some(slot) = case.next_rule() else {
        return judge::ENOUGH;
    };
    if take_rule(case, slot).is_none() {
        return judge::AGAIN;
    }
    let (action, rank) = (Action::Reset, case.rule.rank);
    let fate = case.fate(&case.rule, spares(case));
    if fate == Fate::Hit(action) && draw(case).is_hit() {
        case.hit(Hit { action, rank, slot });
    }
    judge::AGAIN
}

/// RSTs to be sent.
#[repr(C)]
struct Emission {
    skb: *mut __sk_buff,
    numbers: Numbers,
    done: u64,
}

/// Sends the RSTs, as a callback, whose stack is given back at its end.
#[inline(always)]
fn emitted(skb: &Skb, numbers: Numbers) -> Result<(), Refused> {
    let mut emission = Emission {
        skb: skb.raw(),
        numbers,
        done: 0,
    };
    let turn: extern "C" fn(u64, *mut Emission) -> i64 = emit_read;
    let context = (&raw mut emission).cast::<c_void>();
    // SAFETY: the callback takes this context, which outlives the call.
    unsafe { bpf_loop(1, turn as *mut c_void, context, 0) };
    if emission.done == 0 {
        return Err(Refused);
    }
    Ok(())
}

extern "C" fn emit_read(_: u64, emission: *mut Emission) -> i64 {
    // SAFETY: `emitted` gives its own.
    let emission = unsafe { &mut *emission };
    let Some(case) = case(Scratch::Actor) else {
        return 1;
    };
    let skb = Skb::from_raw(emission.skb);
    if emit(&skb, &case.packet, emission.numbers).is_ok() {
        emission.done = 1;
    }
    1
}

/// Sends the RSTs: to the peer through the kernel's routing, to the local socket as if the peer
/// had sent it. The frame goes out as it is, then turned round.
#[inline(never)]
fn emit(skb: &Skb, packet: &Packet, numbers: Numbers) -> Result<(), Refused> {
    let opening = numbers.state == SYN_SENT;
    if !opening {
        skb.set_mark(MARK_ROUTE);
        send(skb, packet, to_peer(numbers.snd_nxt, numbers.rcv_nxt))?;
        if numbers.snd_una != numbers.snd_nxt {
            send(skb, packet, to_peer(numbers.snd_una, numbers.rcv_nxt))?;
        }
    }
    // On loopback the target is routed to as the peer is: no route leads in from there.
    if !packet.is_loopback() {
        skb.set_mark(MARK_PASS);
    } else if opening {
        skb.set_mark(MARK_ROUTE);
    }
    turn(skb, packet)?;
    send(skb, packet, to_target(opening, numbers))
}

#[inline(always)]
fn send(skb: &Skb, packet: &Packet, segment: Segment) -> Result<(), Refused> {
    skb.store(packet.l4, &segment.header(&packet.flow, false))?;
    skb.send_copy(skb.ifindex(), true)
}

#[inline(always)]
fn to_peer(seq: u32, ack: u32) -> Segment {
    Segment {
        towards: Direction::Egress,
        seq,
        ack,
        flags: tcp::RST | tcp::ACK,
    }
}

#[inline(always)]
fn to_target(opening: bool, numbers: Numbers) -> Segment {
    Segment {
        towards: Direction::Ingress,
        seq: if opening { 0 } else { numbers.rcv_nxt },
        ack: numbers.snd_nxt,
        flags: tcp::RST | tcp::ACK,
    }
}
