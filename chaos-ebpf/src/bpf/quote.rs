//! What an ICMP error quotes of the packet that it answers, and the sum of that.

use core::ffi::c_void;

use aya_ebpf::{bindings::__sk_buff, helpers::generated::bpf_loop};
use chaos_abi::{
    ANSWER_FRAME,
    frame::{IPV6_HEADER, fold},
};
use chaos_ebpf::{Frame, HEAD_V4, HEAD_V6, LONGEST_V4, LONGEST_V6, Packet, pad};

use super::{
    act::{IPV4_LENGTH, IPV6_LENGTH, TCP_CHECKSUM, is_partial},
    skb::{Refused, Skb, add},
};

/// Where UDP's checksum stands (RFC 768).
const UDP_CHECKSUM: u32 = 6;

/// Bytes that are summed in one turn.
const BLOCK: u32 = 32;
/// The same for a header, whose length is a multiple of this.
const WORD: u32 = 4;

/// Cuts a packet to what is quoted of it, followed by zeroes; the bytes of the quote and their sum.
#[inline(always)]
pub(super) fn quote(skb: &Skb, packet: &Packet) -> Result<(u32, u16), Refused> {
    let field = partial(skb, packet);
    let room = room(packet) - if field.is_some() { 2 } else { 0 };
    let whole = whole(skb, packet)?;
    let quote = if whole < room { whole } else { room };
    complete(skb, packet, quote, field)
}

/// Bytes that the quote may have. An error that waits is no longer than [`ANSWER_FRAME`].
#[inline(always)]
fn room(packet: &Packet) -> u32 {
    let (head, longest) = if packet.is_v6() {
        (u32::from(HEAD_V6), u32::from(LONGEST_V6))
    } else {
        (u32::from(HEAD_V4), u32::from(LONGEST_V4))
    };
    if packet.is_segment() {
        return ANSWER_FRAME as u32 - packet.l3 - head;
    }
    longest - head
}

/// Cuts the packet to its first bytes, followed by zeroes, and where its checksum is still to be
/// completed by what keeps that from changing anything. The bytes of the quote, and their sum.
#[inline(always)]
fn complete(
    skb: &Skb,
    packet: &Packet,
    quote: u32,
    field: Option<u16>,
) -> Result<(u32, u16), Refused> {
    let l3 = packet.l3;
    skb.resize(l3 + quote)?;
    let blocks = (quote + 2) / BLOCK + 1;
    // Longer by at least one: a frame that grows forgets what the device summed (CHECKSUM_COMPLETE).
    skb.resize(l3 + blocks * BLOCK)?;
    let all = Sum::of(skb, l3, blocks, add_block)?;
    let Some(field) = field else {
        return Ok((quote, all));
    };
    let header = Sum::of(skb, l3, (packet.l4 - l3) / WORD, add_word)?;
    let behind = ones(all, !header);
    let pad = pad(field, behind);
    let even = (quote + 1) & !1;
    skb.store(l3 + even, &pad.to_be_bytes())?;
    Ok((even + 2, ones(all, pad)))
}

/// The checksum field of a packet whose checksum is still to be completed.
#[inline(always)]
fn partial(skb: &Skb, packet: &Packet) -> Option<u16> {
    let at = if packet.is_segment() {
        TCP_CHECKSUM
    } else {
        UDP_CHECKSUM
    };
    let field: [u8; 2] = skb.load(packet.l4 + at)?;
    let is_partial = is_partial(skb, packet.l4 + at).ok()?;
    // A look at ffff leaves 0, which is another word to UDP.
    skb.store(packet.l4 + at, &field).ok()?;
    is_partial.then_some(u16::from_be_bytes(field))
}

/// Bytes of the packet, without the padding of a short frame.
#[inline(always)]
fn whole(skb: &Skb, packet: &Packet) -> Result<u32, Refused> {
    let l3 = packet.l3;
    let there = skb.len() - l3;
    let (at, fixed) = if packet.is_v6() {
        (IPV6_LENGTH, IPV6_HEADER as u32)
    } else {
        (IPV4_LENGTH, 0)
    };
    let said = u16::from_be_bytes(skb.load(l3 + at).ok_or(Refused)?);
    // 0: more than the field can say.
    let said = if said == 0 {
        there
    } else {
        fixed + u32::from(said)
    };
    Ok(if said < there { said } else { there })
}

/// The sum of a stretch of a frame.
#[repr(C)]
struct Sum {
    skb: *mut __sk_buff,
    from: u32,
    sum: u32,
    failed: u32,
}

impl Sum {
    /// The sum of so many turns' bytes, folded and in the order of the network.
    #[inline(always)]
    fn of(
        skb: &Skb,
        from: u32,
        turns: u32,
        turn: extern "C" fn(u64, *mut Self) -> i64,
    ) -> Result<u16, Refused> {
        let mut sum = Self {
            skb: skb.raw(),
            from,
            sum: 0,
            failed: 0,
        };
        let context = (&raw mut sum).cast::<c_void>();
        // SAFETY: the callback takes this context, which outlives the call.
        unsafe { bpf_loop(turns, turn as *mut c_void, context, 0) };
        if sum.failed == 0 {
            Ok(fold(sum.sum).to_be())
        } else {
            Err(Refused)
        }
    }

    #[inline(always)]
    fn take<const N: usize>(&mut self, turn: u32) -> i64 {
        let bytes = Skb::from_raw(self.skb).load::<N>(self.from + turn * N as u32);
        match bytes {
            Some(mut bytes) => self.sum = add(&mut bytes, self.sum),
            None => self.failed = 1,
        }
        i64::from(self.failed)
    }
}

extern "C" fn add_block(turn: u64, sum: *mut Sum) -> i64 {
    // SAFETY: `Sum::of` gives its own.
    unsafe { &mut *sum }.take::<{ BLOCK as usize }>(turn as u32)
}

extern "C" fn add_word(turn: u64, sum: *mut Sum) -> i64 {
    // SAFETY: `Sum::of` gives its own.
    unsafe { &mut *sum }.take::<{ WORD as usize }>(turn as u32)
}

/// The ones' complement sum of two.
#[inline(always)]
fn ones(one: u16, other: u16) -> u16 {
    fold(u32::from(one) + u32::from(other))
}
