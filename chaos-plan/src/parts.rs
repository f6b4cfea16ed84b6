//! The parts of a fault's traffic: peers with the same ports share one kernel rule.

use std::collections::{BTreeMap, BTreeSet};

use chaos_api::{IpBlock, Peer, PeerPort, PortRange, Protocol};

/// Peers that one rule can match.
#[derive(Debug)]
pub(crate) struct Part {
    /// The protocol of the traffic, or the one its ports name.
    pub(crate) protocol: Protocol,
    /// The ports; any where empty.
    pub(crate) ports: BTreeSet<PortRange>,
    /// The addresses; any where absent.
    pub(crate) blocks: Option<Vec<IpBlock>>,
}

/// The parts of some peers, in the order in which they first need them. Ports that name no protocol
/// are those of `protocol`.
pub(crate) fn parts(peers: &[Peer], protocol: Protocol) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for peer in peers {
        for (protocol, ports) in by_protocol(peer, protocol) {
            let known = parts
                .iter_mut()
                .find(|p| p.protocol == protocol && p.ports == ports);
            match known {
                Some(part) => part.widen(peer.ip_block.as_ref()),
                None => parts.push(Part::new(protocol, ports, peer.ip_block.as_ref())),
            }
        }
    }
    parts
}

impl Part {
    /// Every peer.
    pub(crate) fn all(protocol: Protocol) -> Self {
        Self::new(protocol, BTreeSet::new(), None)
    }

    fn new(protocol: Protocol, ports: BTreeSet<PortRange>, block: Option<&IpBlock>) -> Self {
        Self {
            protocol,
            ports,
            blocks: block.map(|block| vec![block.clone()]),
        }
    }

    fn widen(&mut self, block: Option<&IpBlock>) {
        match (&mut self.blocks, block) {
            (Some(blocks), Some(block)) => blocks.push(block.clone()),
            (blocks, _) => *blocks = None,
        }
    }
}

/// A peer's ports by protocol; one entry without ports where it names none.
fn by_protocol(peer: &Peer, default: Protocol) -> BTreeMap<Protocol, BTreeSet<PortRange>> {
    if peer.ports.is_empty() {
        return BTreeMap::from([(default, BTreeSet::new())]);
    }
    let mut ports: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for port in &peer.ports {
        let protocol = port.protocol.unwrap_or(default);
        ports.entry(protocol).or_default().insert(range(*port));
    }
    ports
}

fn range(port: PeerPort) -> PortRange {
    PortRange::new(port.port, port.end_port.unwrap_or(port.port)).expect("the spec is validated")
}
