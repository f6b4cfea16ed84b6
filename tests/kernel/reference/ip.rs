//! IP packets: fixed headers, options, extension headers, fragments.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Extension headers that are looked behind.
const MOST: usize = 8;

/// An IP packet.
pub(super) struct Ip<'a> {
    pub(super) source: IpAddr,
    pub(super) target: IpAddr,
    /// What it carries, as far as its headers are understood.
    pub(super) protocol: u8,
    /// From the header of that on; none in a fragment after the first.
    pub(super) transport: Option<&'a [u8]>,
    /// Set in one of several fragments.
    pub(super) fragment: Option<Fragment>,
}

/// What makes a packet a fragment.
pub(super) struct Fragment {
    pub(super) ident: u32,
    /// The protocol that tells apart IPv4's; 0 for IPv6.
    pub(super) protocol: u8,
    /// Whether it is not the first.
    pub(super) later: bool,
}

impl<'a> Ip<'a> {
    /// Reads a packet; `None` for one that is of another version or cut short.
    pub(super) fn read(bytes: &'a [u8], v6: bool) -> Option<Self> {
        let mut ip = if v6 {
            Self::v6(bytes)?
        } else {
            Self::v4(bytes)?
        };
        for _ in 0..MOST {
            let is_extension = match ip.protocol {
                51 => true,
                0 | 43 | 44 | 60 | 135 => v6,
                _ => false,
            };
            let Some(header) = ip.transport.filter(|_| is_extension) else {
                break;
            };
            ip.extend(header)?;
        }
        Some(ip)
    }

    /// RFC 791 §3.1.
    fn v4(bytes: &'a [u8]) -> Option<Self> {
        let header = bytes.get(..20)?;
        let words = usize::from(header[0] & 0xf);
        let four = |at: usize| {
            let octets: [u8; 4] = header[at..at + 4].try_into().expect("four of them");
            IpAddr::V4(Ipv4Addr::from_octets(octets))
        };
        let flags = u16::from_be_bytes([header[6], header[7]]);
        let (more, offset) = (flags & 0x2000 != 0, flags & 0x1fff);
        let fragment = Fragment {
            ident: u32::from(u16::from_be_bytes([header[4], header[5]])),
            protocol: header[9],
            later: offset != 0,
        };
        let is_v4 = header[0] >> 4 == 4 && words >= 5;
        is_v4.then(|| Self {
            source: four(12),
            target: four(16),
            protocol: header[9],
            transport: (offset == 0).then(|| bytes.get(words * 4..).unwrap_or_default()),
            fragment: (more || offset != 0).then_some(fragment),
        })
    }

    /// RFC 8200 §3.
    fn v6(bytes: &'a [u8]) -> Option<Self> {
        let header = bytes.get(..40)?;
        let sixteen = |at: usize| {
            let octets: [u8; 16] = header[at..at + 16].try_into().expect("sixteen of them");
            IpAddr::V6(Ipv6Addr::from_octets(octets))
        };
        (header[0] >> 4 == 6).then(|| Self {
            source: sixteen(8),
            target: sixteen(24),
            protocol: header[6],
            transport: bytes.get(40..),
            fragment: None,
        })
    }

    /// Goes behind an extension header: RFC 8200 §4, RFC 4302 §2 for the odd one.
    fn extend(&mut self, header: &'a [u8]) -> Option<()> {
        let fixed: &[u8; 8] = header.first_chunk()?;
        let length = usize::from(fixed[1]);
        let bytes = match self.protocol {
            44 => 8,
            51 => (length + 2) * 4,
            _ => (length + 1) * 8,
        };
        if self.protocol == 44 {
            let word = u16::from_be_bytes([fixed[2], fixed[3]]);
            let (offset, more) = (word >> 3, word & 1 == 1);
            if more || offset != 0 {
                self.fragment = Some(Fragment {
                    ident: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
                    protocol: 0,
                    later: offset != 0,
                });
            }
        }
        self.protocol = fixed[0];
        let is_later = self
            .fragment
            .as_ref()
            .is_some_and(|fragment| fragment.later);
        self.transport = (!is_later).then(|| header.get(bytes..).unwrap_or_default());
        Some(())
    }
}
