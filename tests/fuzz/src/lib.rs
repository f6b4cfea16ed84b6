//! What must hold for any bytes: the parser of the kernel programs reads a frame as the reference does,
//! and a glance at it sees nothing else.
#![forbid(unsafe_code)]

#[path = "../../kernel/reference/ip.rs"]
mod ip;
#[path = "../../kernel/reference/read.rs"]
mod read;

use std::net::IpAddr;

use chaos_abi::{Direction, mapped};
use chaos_ebpf::{Glance, Packet};

use read::{Read, Reader};

/// Panics unless the parser reads `frame`, going either way, as the reference does.
pub fn parser(frame: &[u8]) {
    for way in [Direction::Ingress, Direction::Egress] {
        let mut packet = Packet::default();
        let parsed = packet.read(frame, way).map(|()| packet);
        if let (Some(packet), Some(glance)) = (&parsed, Glance::at(frame, way, false)) {
            assert_eq!(glance, seen(packet));
        }
        let read = Reader::default().read(frame, way);
        match (parsed, read) {
            (Some(packet), Some(read)) => compare(&packet, &read),
            (None, None) => {}
            (parsed, read) => panic!("{way:?}: parsed {parsed:?}, and the reference {read:?}"),
        }
    }
}

/// What is to be seen at a glance of a packet that was read.
fn seen(packet: &Packet) -> Glance {
    Glance {
        traits: packet.traits(),
        local: packet.flow.local_port,
        peer: packet.flow.peer_port,
    }
}

fn compare(packet: &Packet, read: &Read) {
    let own = read.words[0];
    assert_eq!(packet.flow, read.flow);
    assert_eq!(packet.is_v6(), own.peer.is_ipv6());
    assert_eq!(
        (packet.direction(), packet.protocol()),
        (own.direction, own.protocol)
    );
    assert_eq!(packet.direction(), read.way);
    let opens = read.opens.map_or(0, |seq| 1 << 32 | u64::from(seq));
    assert_eq!(packet.opening(), opens);
    let is_fragment = packet.is_first_fragment() || packet.is_later_fragment();
    let fragment = is_fragment.then(|| (packet.ident(), packet.is_later_fragment()));
    assert_eq!(fragment, read.fragment);
    assert_eq!(packet.has_ports(), own.ports.is_some());
    assert_eq!(packet.is_segment().then_some(packet.flags), read.segment);
    assert_eq!(packet.identities() as usize, read.words.len());
    assert_eq!(packet.is_later_fragment(), read.is_later);
    if !packet.is_segment() {
        assert_eq!(packet.attempts(), read.is_datagram());
    }
    if packet.attempts() {
        assert_eq!(packet.is_of_two(), read.is_of_two);
    }
    let outer = read.words.last().expect("it is something").peer;
    assert_eq!(*packet.outer(), address(outer));
    assert!(!read.is_rest, "a reader knows of no frame before its first");
}

fn address(ip: IpAddr) -> [u8; 16] {
    match ip {
        IpAddr::V4(v4) => mapped(v4.octets()),
        IpAddr::V6(v6) => v6.octets(),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    #[test]
    fn the_corpus_is_read_as_the_reference_reads_it() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/parser");
        let files: Vec<_> = fs::read_dir(corpus).unwrap().collect();
        assert!(files.len() > 30);
        for file in files {
            super::parser(&fs::read(file.unwrap().path()).unwrap());
        }
    }
}
