//! Where the headers of a frame are.

use etherparse::{LaxNetSlice, LaxSlicedPacket, TransportSlice};

/// Offsets from the start of the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::line) struct Layout {
    /// The IP header.
    pub(in crate::line) l3: usize,
    /// What follows IP's headers.
    pub(in crate::line) l4: usize,
    /// The data of TCP and UDP; of others the same as `l4`.
    pub(in crate::line) data: usize,
    /// The end of the IP packet.
    pub(in crate::line) end: usize,
    /// IPv6.
    pub(in crate::line) v6: bool,
    /// What `l4` is.
    pub(in crate::line) transport: Transport,
}

/// What a packet carries, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::line) enum Transport {
    /// A segment, and whether it is a SYN.
    Tcp { syn: bool },
    /// A datagram.
    Udp,
    /// Anything else, fragments among it.
    Other,
}

impl Layout {
    /// `None` for what is not IP.
    pub(in crate::line) fn of(frame: &[u8]) -> Option<Self> {
        let packet = LaxSlicedPacket::from_ethernet(frame).ok()?;
        let at = |part: &[u8]| part.as_ptr().addr() - frame.as_ptr().addr();
        let net = packet.net.as_ref()?;
        let payload = net.ip_payload_ref()?;
        let (l3, v6) = match net {
            LaxNetSlice::Ipv4(v4) => (at(v4.header().slice()), false),
            LaxNetSlice::Ipv6(v6) => (at(v6.header().slice()), true),
            LaxNetSlice::Arp(_) => return None,
        };
        let l4 = at(payload.payload);
        let (data, transport) = match &packet.transport {
            Some(TransportSlice::Tcp(tcp)) => {
                (at(tcp.payload()), Transport::Tcp { syn: tcp.syn() })
            }
            Some(TransportSlice::Udp(udp)) => (at(udp.payload()), Transport::Udp),
            _ => (l4, Transport::Other),
        };
        Some(Self {
            l3,
            l4,
            data,
            end: l4 + payload.payload.len(),
            v6,
            transport,
        })
    }

    /// Whether it carries data, for TCP and UDP behind the header.
    pub(in crate::line) fn has_data(&self) -> bool {
        self.data < self.end
    }

    /// Whether it is a SYN or SYN-ACK.
    pub(in crate::line) fn is_syn(&self) -> bool {
        self.transport == Transport::Tcp { syn: true }
    }

    /// Where the checksum of TCP or UDP is, from `l4`.
    pub(in crate::line) fn sum(&self) -> Option<u16> {
        match self.transport {
            Transport::Tcp { .. } => Some(16),
            Transport::Udp => Some(6),
            Transport::Other => None,
        }
    }
}
