//! RST segments, made from the packet they answer (RFC 9293 §3.10.7).

use chaos_abi::{
    Direction, Flow,
    frame::{IPPROTO_TCP, TCP_HEADER, fold, sum},
};

use crate::packet::{Packet, tcp};

/// A TCP segment without options and data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Which way it goes, seen from the target.
    pub towards: Direction,
    /// Sequence number.
    pub seq: u32,
    /// Acknowledgement number; counts where `flags` has ACK.
    pub ack: u32,
    /// TCP flags.
    pub flags: u8,
}

impl Segment {
    /// The RST that goes on to the receiver of `packet`, in its place.
    #[inline(always)]
    pub fn onward(packet: &Packet) -> Self {
        Self {
            towards: packet.direction(),
            seq: packet.seq,
            ack: packet.ack,
            flags: tcp::RST | (packet.flags & tcp::ACK),
        }
    }

    /// The RST that goes back to the sender of `packet`. What it acknowledged is exactly what it
    /// expects next; to a SYN the answer is "connection refused".
    #[inline(always)]
    pub fn back(packet: &Packet) -> Self {
        let towards = match packet.direction() {
            Direction::Egress => Direction::Ingress,
            Direction::Ingress => Direction::Egress,
        };
        if packet.flags & tcp::ACK == 0 {
            return Self {
                towards,
                seq: 0,
                ack: packet.seq.wrapping_add(1),
                flags: tcp::RST | tcp::ACK,
            };
        }
        Self {
            towards,
            seq: packet.ack,
            ack: 0,
            flags: tcp::RST,
        }
    }

    /// The TCP header between the ends of `flow`. With `partial` the checksum field holds the
    /// pseudo-header's sum, which is where a device or the stack goes on (`CHECKSUM_PARTIAL`).
    #[inline(always)]
    pub fn header(&self, flow: &Flow, partial: bool) -> [u8; TCP_HEADER] {
        let (source, target) = match self.towards {
            Direction::Egress => (flow.local_port, flow.peer_port),
            Direction::Ingress => (flow.peer_port, flow.local_port),
        };
        let (seq, ack) = (self.seq.to_be_bytes(), self.ack.to_be_bytes());
        let mut header = [
            source[0], source[1], target[0], target[1], seq[0], seq[1], seq[2], seq[3], ack[0],
            ack[1], ack[2], ack[3], 0x50, self.flags, 0, 0, 0, 0, 0, 0,
        ];
        let pseudo = sum(&flow.local) + sum(&flow.peer) + u32::from(IPPROTO_TCP) + 20;
        let field = if partial {
            fold(pseudo)
        } else {
            !fold(pseudo + sum(&header))
        };
        [header[16], header[17]] = field.to_be_bytes();
        header
    }
}

#[cfg(test)]
mod tests;
