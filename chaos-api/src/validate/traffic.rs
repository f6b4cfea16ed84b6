//! The rules for `spec.traffic` as a whole.

use crate::validate::{Findings, peer};
use crate::{MAX_PEERS, MAX_PORTS, PeerPort, Protocol, Traffic};

/// Checks the traffic for itself, whatever the faults.
pub(super) fn check(traffic: &Traffic, findings: &mut Findings) {
    check_local_ports(traffic, findings);
    findings.limit("spec.traffic.peers", traffic.peers.len(), MAX_PEERS);
    for (index, peer) in traffic.peers.iter().enumerate() {
        peer::check(&peer_field(index), peer, traffic.family, findings);
    }
    for (field, port) in peer_ports(traffic) {
        check_peer_port(&field, *port, traffic.protocol, findings);
    }
}

/// Checks that each peer names something.
pub(super) fn check_named(traffic: &Traffic, findings: &mut Findings) {
    for (index, peer) in traffic.peers.iter().enumerate() {
        if peer.ip_block.is_none() && peer.ports.is_empty() {
            let needed = "names nothing; write ipBlock, ports or both";
            findings.refuse_absence(&peer_field(index), needed);
        }
    }
}

/// Every port of every peer, with its path.
pub(super) fn peer_ports(traffic: &Traffic) -> impl Iterator<Item = (String, &PeerPort)> {
    traffic.peers.iter().enumerate().flat_map(|(index, peer)| {
        let ports = peer.ports.iter().enumerate();
        ports.map(move |(port, value)| (format!("{}.ports[{port}]", peer_field(index)), value))
    })
}

/// The path of a peer.
pub(super) fn peer_field(index: usize) -> String {
    format!("spec.traffic.peers[{index}]")
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
