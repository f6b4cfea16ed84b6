//! Packets of other links as Ethernet frames, which the programs read.

use anyhow::{Result, bail};
use chaos_abi::Direction;
use pcap_parser::Linktype;

/// `LINKTYPE_LINUX_SLL2` of tcpdump.org's list of link types: what `tcpdump -i any` writes.
const LINUX_SLL2: Linktype = Linktype(276);

/// `PACKET_OUTGOING` of `linux/if_packet.h`.
const OUTGOING: u8 = 4;

/// `EtherType`s, IEEE 802.
const IPV4: [u8; 2] = [0x08, 0x00];
const IPV6: [u8; 2] = [0x86, 0xdd];

/// One packet of a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Captured {
    /// Nanoseconds since 1970, by the capture's clock.
    pub(super) at: u64,
    /// Its bytes, from an Ethernet header on.
    pub(super) frame: Vec<u8>,
    /// How long it was, of which `frame` may hold the beginning only.
    pub(super) length: u32,
    /// Which way it went, where the capture tells.
    pub(super) way: Option<Direction>,
}

/// A packet of `length` bytes as a frame, from what was captured of it on a link.
pub(super) fn captured(link: Linktype, at: u64, data: &[u8], length: u32) -> Result<Captured> {
    let (frame, way) = match link {
        Linktype::ETHERNET => (data.to_vec(), None),
        Linktype::RAW | Linktype::IPV4 | Linktype::IPV6 => (ethernet(version(data), data), None),
        // Type of the packet at 0, its EtherType at 14.
        Linktype::LINUX_SLL => cooked(data, 1, 14, 16),
        // EtherType at 0, type of the packet at 10.
        LINUX_SLL2 => cooked(data, 10, 0, 20),
        Linktype(other) => bail!(
            "was made on links of type {other}; Ethernet, raw IP and Linux's \"any\" can be replayed"
        ),
    };
    let unseen = length.saturating_sub(u32::try_from(data.len())?);
    Ok(Captured {
        at,
        length: u32::try_from(frame.len())? + unseen,
        frame,
        way,
    })
}

/// A frame for what stands behind one of Linux's own headers, and which way it went.
fn cooked(data: &[u8], kind: usize, ether: usize, inner: usize) -> (Vec<u8>, Option<Direction>) {
    let Some((header, inner)) = data.split_at_checked(inner) else {
        return (Vec::new(), None);
    };
    let way = if header[kind] == OUTGOING {
        Direction::Egress
    } else {
        Direction::Ingress
    };
    (
        ethernet([header[ether], header[ether + 1]], inner),
        Some(way),
    )
}

/// The `EtherType` of an IP packet.
fn version(packet: &[u8]) -> [u8; 2] {
    match packet.first() {
        Some(first) if first >> 4 == 6 => IPV6,
        _ => IPV4,
    }
}

fn ethernet(kind: [u8; 2], inner: &[u8]) -> Vec<u8> {
    [&[0; 12], &kind[..], inner].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const IP: [u8; 20] = [0x45; 20];

    fn frame(link: Linktype, header: &[u8]) -> Captured {
        captured(link, 0, &[header, &IP].concat(), 100).expect("the link is known")
    }

    #[test]
    fn raw_ip_gets_the_ether_type_of_its_version() {
        let raw = frame(Linktype::RAW, &[]);
        assert_eq!(raw.frame[12..14], IPV4);
        assert_eq!((raw.frame.len(), raw.length), (34, 114));
        let v6 = captured(Linktype::RAW, 0, &[0x60; 40], 40).expect("the link is known");
        assert_eq!(v6.frame[12..14], IPV6);
    }

    #[test]
    fn linuxs_own_headers_tell_the_way() {
        let mut header = [0; 16];
        (header[1], header[14]) = (OUTGOING, 0x08);
        let sll = frame(Linktype::LINUX_SLL, &header);
        assert_eq!(
            (sll.way, &sll.frame[12..14]),
            (Some(Direction::Egress), &IPV4[..])
        );
        let mut header = [0; 20];
        (header[0], header[10]) = (0x08, 0);
        let sll2 = frame(LINUX_SLL2, &header);
        assert_eq!(
            (sll2.way, &sll2.frame[12..14]),
            (Some(Direction::Ingress), &IPV4[..])
        );
        assert_eq!(sll2.frame[14..], IP);
    }

    #[test]
    fn other_links_are_refused_by_number() {
        let refused = captured(Linktype(105), 0, &IP, 20).expect_err("802.11");
        assert!(refused.to_string().contains("type 105"), "{refused}");
    }
}
