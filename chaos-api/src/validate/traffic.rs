//! The rules for `spec.traffic` as a whole.

use crate::validate::{Findings, connections, peer};
use crate::{MAX_EXCEPT_PEERS, MAX_PEERS, MAX_PORTS, PeerPort, Protocol, Traffic};

/// Checks the traffic for itself, whatever the faults.
pub(super) fn check(traffic: &Traffic, findings: &mut Findings) {
    check_local_ports(traffic, findings);
    for list in List::ALL {
        let peers = list.of(traffic);
        findings.limit(list.path(), peers.len(), list.most());
        for (index, peer) in peers.iter().enumerate() {
            peer::check(&list.field(index), peer, traffic.family, findings);
        }
        for (field, port) in ports(traffic, list) {
            check_peer_port(&field, *port, traffic.protocol, findings);
        }
    }
    connections::check(traffic, findings);
}

/// Checks that each peer names something.
pub(super) fn check_named(traffic: &Traffic, findings: &mut Findings) {
    for list in List::ALL {
        for (index, peer) in list.of(traffic).iter().enumerate() {
            if peer.ip_block.is_none() && peer.ports.is_empty() {
                let needed = "names nothing; write ipBlock, ports or both";
                findings.refuse_absence(&list.field(index), needed);
            }
        }
    }
}

/// Every port of every peer that it meets, with its path.
pub(super) fn peer_ports(traffic: &Traffic) -> impl Iterator<Item = (String, &PeerPort)> {
    ports(traffic, List::Peers)
}

/// Every port of every peer of a list, with its path.
fn ports(traffic: &Traffic, list: List) -> impl Iterator<Item = (String, &PeerPort)> {
    let peers = list.of(traffic).iter().enumerate();
    peers.flat_map(move |(index, peer)| {
        let ports = peer.ports.iter().enumerate();
        ports.map(move |(port, value)| (format!("{}.ports[{port}]", list.field(index)), value))
    })
}

/// A list of peers.
#[derive(Clone, Copy)]
pub(super) enum List {
    /// Those that the fault meets.
    Peers,
    /// Those that it does not.
    ExceptPeers,
}

impl List {
    /// Both.
    pub(super) const ALL: [Self; 2] = [Self::Peers, Self::ExceptPeers];

    /// Its peers.
    pub(super) fn of<P>(self, traffic: &Traffic<P>) -> &[P] {
        match self {
            Self::Peers => &traffic.peers,
            Self::ExceptPeers => &traffic.except_peers,
        }
    }

    /// The path of one of its peers.
    pub(super) fn field(self, index: usize) -> String {
        format!("{}[{index}]", self.path())
    }

    fn path(self) -> &'static str {
        match self {
            Self::Peers => "spec.traffic.peers",
            Self::ExceptPeers => "spec.traffic.exceptPeers",
        }
    }

    fn most(self) -> usize {
        match self {
            Self::Peers => MAX_PEERS,
            Self::ExceptPeers => MAX_EXCEPT_PEERS,
        }
    }
}

fn check_local_ports(traffic: &Traffic, findings: &mut Findings) {
    let field = "spec.traffic.localPorts";
    findings.limit(field, traffic.local_ports.len(), MAX_PORTS);
    if let (Protocol::Icmp, Some(port)) = (traffic.protocol, traffic.local_ports.first()) {
        findings.refuse(
            field,
            port,
            "does not go with ICMP, which has no ports; remove it",
        );
    }
}

fn check_peer_port(field: &str, port: PeerPort, traffic: Protocol, findings: &mut Findings) {
    if port.port == 0 {
        findings.refuse(
            &format!("{field}.port"),
            0,
            "is not a port; ports are 1 to 65535",
        );
    }
    if let Some(end) = port.end_port.filter(|end| *end < port.port) {
        let allowed = format!("is below port; write {} or more", port.port);
        findings.refuse(&format!("{field}.endPort"), end, &allowed);
    }
    if traffic == Protocol::Icmp {
        let allowed = "does not go with ICMP, which has no ports; remove it";
        findings.refuse(&format!("{field}.port"), port.port, allowed);
    } else if let Some(protocol) = port.protocol {
        check_port_protocol(&format!("{field}.protocol"), protocol, traffic, findings);
    }
}

fn check_port_protocol(
    field: &str,
    protocol: Protocol,
    traffic: Protocol,
    findings: &mut Findings,
) {
    if matches!(protocol, Protocol::Icmp | Protocol::Any) {
        findings.refuse(
            field,
            protocol,
            "is not allowed; write TCP or UDP, or remove it for both",
        );
    } else if traffic != Protocol::Any && protocol != traffic {
        let allowed = format!("contradicts spec.traffic.protocol {traffic}; write {traffic}");
        findings.refuse(field, protocol, &allowed);
    }
}
