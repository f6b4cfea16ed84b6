//! What the socket at the target's end of a connection knows.

use aya_ebpf::{
    bindings::{BPF_F_CURRENT_NETNS, bpf_sock_tuple},
    helpers::generated::{bpf_sk_lookup_tcp, bpf_sk_release, bpf_tcp_sock},
};
use chaos_abi::{Direction, Flow};
use chaos_ebpf::Packet;

use super::skb::Skb;

// States of a socket, from `BPF_TCP_*` of `linux/bpf.h`.
pub(super) const SYN_SENT: u32 = 2;
const TIME_WAIT: u32 = 6;
const CLOSE: u32 = 7;
const LISTEN: u32 = 10;
const NEW_SYN_RECV: u32 = 12;

/// What a socket knows of its connection.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Numbers {
    pub(super) state: u32,
    pub(super) rcv_nxt: u32,
    pub(super) snd_nxt: u32,
    pub(super) snd_una: u32,
}

/// The sequence number with which the sender of a packet goes on, where the socket knows it: what it
/// sends next, or expects from its peer.
#[inline(always)]
pub(super) fn next_of(skb: &Skb, packet: &Packet) -> Option<u32> {
    let numbers = look_up(skb, packet)?;
    match packet.direction() {
        _ if numbers.state == SYN_SENT => None,
        Direction::Egress => Some(numbers.snd_nxt),
        Direction::Ingress => Some(numbers.rcv_nxt),
    }
}

/// Reads the sequence numbers of the flow's socket; `None` where there is no live one.
#[inline(always)]
pub(super) fn look_up(skb: &Skb, packet: &Packet) -> Option<Numbers> {
    let (mut tuple, size) = tuple(&packet.flow, packet.is_v6());
    // SAFETY: a live context; `tuple` is at least as long as a bpf_sock_tuple of its family.
    let socket = unsafe {
        bpf_sk_lookup_tcp(
            skb.raw().cast(),
            tuple.as_mut_ptr().cast::<bpf_sock_tuple>(),
            size,
            BPF_F_CURRENT_NETNS as u64,
            0,
        )
    };
    if socket.is_null() {
        return None;
    }
    // SAFETY: a socket that we hold a reference to until the release below.
    let numbers = unsafe {
        let state = (*socket).state;
        let tcp = bpf_tcp_sock(socket);
        let numbers = if tcp.is_null() {
            None
        } else {
            Some(Numbers {
                state,
                rcv_nxt: (*tcp).rcv_nxt,
                snd_nxt: (*tcp).snd_nxt,
                snd_una: (*tcp).snd_una,
            })
        };
        bpf_sk_release(socket.cast());
        numbers
    }?;
    // A half-open connection answers with its listener, which must not be taken for it.
    match numbers.state {
        TIME_WAIT | CLOSE | LISTEN | NEW_SYN_RECV => None,
        _ => Some(numbers),
    }
}

/// The bytes of a `bpf_sock_tuple`: source and target as in a packet from the peer.
#[inline(always)]
fn tuple(flow: &Flow, v6: bool) -> ([u8; 36], u32) {
    let mut tuple = [0; 36];
    if v6 {
        tuple[..16].copy_from_slice(&flow.peer);
        tuple[16..32].copy_from_slice(&flow.local);
        tuple[32..34].copy_from_slice(&flow.peer_port);
        tuple[34..36].copy_from_slice(&flow.local_port);
        return (tuple, 36);
    }
    tuple[..4].copy_from_slice(&flow.peer[12..]);
    tuple[4..8].copy_from_slice(&flow.local[12..]);
    tuple[8..10].copy_from_slice(&flow.peer_port);
    tuple[10..12].copy_from_slice(&flow.local_port);
    (tuple, 12)
}
