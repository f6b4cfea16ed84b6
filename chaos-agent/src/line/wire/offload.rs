//! `struct virtio_net_hdr` of `linux/virtio_net.h`, as a TAP device has it: in the machine's order.

/// Bytes of the header.
pub(in crate::line) const OFFLOAD: usize = 10;

const NEEDS_CSUM: u8 = 1;
const GSO_TCPV4: u8 = 1;
const GSO_TCPV6: u8 = 4;
const GSO_UDP_L4: u8 = 5;
const GSO_ECN: u8 = 0x80;

/// Of what a GSO packet is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::line) enum Kind {
    /// One packet.
    #[default]
    Plain,
    /// TCP segments over IPv4.
    Tcp4,
    /// TCP segments over IPv6.
    Tcp6,
    /// UDP datagrams.
    Udp,
}

/// What the stack left for a later layer to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::line) struct Offload {
    /// The checksum field holds the sum of the pseudo-header alone.
    pub(in crate::line) partial: bool,
    /// Where the sum begins, from the start of the frame.
    pub(in crate::line) start: usize,
    /// Where its field is, from there.
    pub(in crate::line) offset: u16,
    /// Of what it is made.
    pub(in crate::line) kind: Kind,
    /// Bytes of data of each packet but the last.
    pub(in crate::line) size: u16,
    /// Its first packet carries CWR.
    pub(in crate::line) ecn: bool,
    /// Bytes of its headers.
    pub(in crate::line) headers: usize,
}

impl Offload {
    /// Reads it; the frame begins `before` bytes behind where the device counts from.
    pub(in crate::line) fn read(header: &[u8; OFFLOAD], before: usize) -> Self {
        let word = |at: usize| u16::from_ne_bytes([header[at], header[at + 1]]);
        let kind = match header[1] & !GSO_ECN {
            GSO_TCPV4 => Kind::Tcp4,
            GSO_TCPV6 => Kind::Tcp6,
            GSO_UDP_L4 => Kind::Udp,
            _ => Kind::Plain,
        };
        Self {
            partial: header[0] & NEEDS_CSUM != 0,
            start: usize::from(word(6)).saturating_sub(before),
            offset: word(8),
            kind,
            size: word(4),
            ecn: header[1] & GSO_ECN != 0,
            headers: usize::from(word(2)).saturating_sub(before),
        }
    }

    /// Writes it for a frame that gets `more` bytes in front of its network header.
    pub(in crate::line) fn write(&self, more: usize) -> [u8; OFFLOAD] {
        let mut header = [0; OFFLOAD];
        let word = |number: usize| u16::try_from(number).unwrap_or(u16::MAX).to_ne_bytes();
        if self.partial {
            header[0] = NEEDS_CSUM;
            header[6..8].copy_from_slice(&word(self.start + more));
            header[8..10].copy_from_slice(&self.offset.to_ne_bytes());
        }
        if self.kind != Kind::Plain {
            header[1] = self.kind.word() | if self.ecn { GSO_ECN } else { 0 };
            header[2..4].copy_from_slice(&word(self.headers + more));
            header[4..6].copy_from_slice(&self.size.to_ne_bytes());
        }
        header
    }
}

impl Kind {
    const fn word(self) -> u8 {
        match self {
            Self::Plain => 0,
            Self::Tcp4 => GSO_TCPV4,
            Self::Tcp6 => GSO_TCPV6,
            Self::Udp => GSO_UDP_L4,
        }
    }
}
