//! What a rule matches, as one line for readers.

use std::fmt;

use chaos_api::{
    Connections, Direction, Family, Initiator, Interfaces, IpBlock, PortRange, Protocol,
};

use crate::{Matching, Miss};

impl fmt::Display for Matching {
    /// Names each field that narrows the traffic: `TCP, peer 10.0.0.0/8, peer port 4222`.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.protocol {
            Protocol::Any if self.names_ports() => f.write_str("TCP and UDP")?,
            Protocol::Any => f.write_str("any protocol")?,
            protocol => write!(f, "{protocol}")?,
        }
        if self.family != Family::Any {
            write!(f, " over {}", self.family)?;
        }
        match self.direction {
            Direction::Egress => f.write_str(", egress only")?,
            Direction::Ingress => f.write_str(", ingress only")?,
            Direction::Both => {}
        }
        list(f, ", local port ", &self.local_ports, PortRange::to_string)?;
        list(f, ", peer ", &self.peers, block)?;
        list(f, ", peer port ", &self.peer_ports, PortRange::to_string)?;
        f.write_str(match self.interfaces {
            Interfaces::Pod => "",
            Interfaces::Loopback => ", on loopback only",
            Interfaces::All => ", loopback included",
        })?;
        f.write_str(match self.connections {
            Connections::All => "",
            Connections::Existing => ", existing connections",
            Connections::New => ", new connections",
        })?;
        f.write_str(match self.initiator {
            Initiator::Any => "",
            Initiator::Target => ", opened by the target",
            Initiator::Peer => ", opened by the peer",
        })
    }
}

impl fmt::Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Direction => f.write_str("the other direction"),
            Self::Protocol => f.write_str("another protocol"),
            Self::Family => f.write_str("the other IP version"),
            Self::Peer(address) => write!(f, "peer {address}"),
            Self::Interface => f.write_str("another interface"),
            Self::Ports => f.write_str("no ports"),
            Self::LocalPort(port) => write!(f, "local port {port}"),
            Self::PeerPort(port) => write!(f, "peer port {port}"),
        }
    }
}

fn list<T>(
    f: &mut fmt::Formatter,
    head: &str,
    items: &[T],
    word: impl Fn(&T) -> String,
) -> fmt::Result {
    if items.is_empty() {
        return Ok(());
    }
    let words: Vec<String> = items.iter().map(word).collect();
    write!(f, "{head}{}", words.join(" or "))
}

fn block(block: &IpBlock) -> String {
    if block.except.is_empty() {
        return block.cidr.to_string();
    }
    let holes: Vec<String> = block.except.iter().map(ToString::to_string).collect();
    format!("{} except {}", block.cidr, holes.join(" and "))
}
