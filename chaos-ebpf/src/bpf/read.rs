//! From a frame to a `Packet` in its map value.

use chaos_abi::{Direction, Protocol, frame::ETH_HEADER};
use chaos_ebpf::{Case, is_neighbourly};

use super::{maps::CASE, skb::Skb};

const ETHERTYPE_IPV4: u16 = 0x0800_u16.to_be();
const ETHERTYPE_IPV6: u16 = 0x86dd_u16.to_be();

/// Which [`CASE`] a program uses.
#[derive(Clone, Copy)]
pub(super) enum Scratch {
    Hook = 0,
    Actor = 1,
}

/// Reads a frame into its case. `None` for what is not IP, for what finds neighbours (ARP, and its
/// like in `ICMPv6`), and for what is cut short: it passes.
#[inline(always)]
pub(super) fn read(skb: &Skb, direction: Direction, scratch: Scratch) -> Option<()> {
    let case = case(scratch)?;
    let packet = &mut case.packet;
    match skb.protocol() {
        ETHERTYPE_IPV4 => packet.ipv4(&skb.load(ETH_HEADER as u32)?, direction)?,
        ETHERTYPE_IPV6 => packet.ipv6(&skb.load(ETH_HEADER as u32)?, direction)?,
        _ => return None,
    }
    if packet.is_icmpv6()
        && skb
            .load(packet.l4)
            .is_some_and(|[kind]| is_neighbourly(kind))
    {
        return None;
    }
    if packet.has_ports() {
        match packet.protocol() {
            Protocol::Tcp => packet.tcp(&skb.load(packet.l4)?),
            _ => packet.ports(&skb.load(packet.l4)?),
        }
    }
    Some(())
}

/// This CPU's case.
#[inline(always)]
pub(super) fn case(scratch: Scratch) -> Option<&'static mut Case> {
    let case = CASE.get_ptr_mut(scratch as u32)?;
    // SAFETY: a per-CPU value. Hooks run with softirqs off, so one of them is not interrupted by
    // another; those that its own packets run through find only packets with our mark.
    Some(unsafe { &mut *case })
}
