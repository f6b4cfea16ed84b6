//! The rules for peers as a cluster's users name them.

use crate::validate::{Findings, selector, traffic::List};
use crate::{
    FaultSpec, NetworkFaultSpec, Peer, PeerPort, PeerWords, PortName, PortWords, Protocol, Traffic,
};

/// Checks what a resolved peer cannot have.
pub(super) fn check(traffic: &Traffic<PeerWords>, findings: &mut Findings) {
    for list in List::ALL {
        for (index, peer) in list.of(traffic).iter().enumerate() {
            let field = list.field(index);
            check_addresses(&field, peer, findings);
            for (index, port) in peer.ports.iter().enumerate() {
                let field = format!("{field}.ports[{index}]");
                check_port(&field, port, traffic.protocol, peer, findings);
            }
        }
    }
}

fn check_addresses(field: &str, peer: &PeerWords, findings: &mut Findings) {
    let ways = [
        peer.service.is_some(),
        peer.has_selector(),
        peer.ip_block.is_some(),
    ];
    match ways.into_iter().filter(|way| *way).count() {
        0 if peer.ports.is_empty() => {
            let needed =
                "names nothing; write service, podSelector, namespaceSelector, ipBlock or ports";
            findings.refuse_absence(field, needed);
        }
        0 | 1 => {}
        _ => {
            let needed = "names its addresses twice; write one of service, podSelector with \
                          namespaceSelector, and ipBlock";
            findings.refuse_absence(field, needed);
        }
    }
    let selectors = [
        ("podSelector", &peer.pod_selector),
        ("namespaceSelector", &peer.namespace_selector),
    ];
    for (word, words) in selectors {
        if let Some(words) = words {
            selector::check(&format!("{field}.{word}"), words, findings);
        }
    }
}

fn check_port(
    field: &str,
    port: &PortWords,
    protocol: Protocol,
    peer: &PeerWords,
    findings: &mut Findings,
) {
    let PortName::Name(name) = &port.port else {
        return;
    };
    let field = format!("{field}.port");
    if protocol == Protocol::Icmp {
        let allowed = "does not go with ICMP, which has no ports; remove it";
        findings.refuse(&field, name, allowed);
    } else if !is_port_name(name) {
        let allowed = "is not a port; write 1 to 65535, or the name of one";
        findings.refuse(&field, name, allowed);
    } else if peer.service.is_none() && !peer.has_selector() {
        let allowed = "is a name, which goes with service, podSelector and namespaceSelector only; \
                       write a number";
        findings.refuse(&field, name, allowed);
    } else if port.end_port.is_some() {
        findings.refuse(&field, name, "is a name and has no range; remove endPort");
    }
}

/// RFC 6335 §5.1, in lower case as Kubernetes has it.
fn is_port_name(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=15).contains(&name.len())
        && name.bytes().all(inner)
        && name.bytes().any(|b| b.is_ascii_lowercase())
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
}

impl NetworkFaultSpec {
    /// The fault as if every peer were resolved, so that one set of rules checks both forms: a port
    /// that has a name becomes one that passes every rule.
    pub(super) fn outline(&self) -> FaultSpec {
        let icmp = self.traffic.protocol == Protocol::Icmp;
        let peer = |peer: &PeerWords| Peer {
            ip_block: peer.ip_block.clone(),
            ports: peer
                .ports
                .iter()
                .filter_map(|port| outline(port, icmp))
                .collect(),
        };
        let peers = |words: &[PeerWords]| words.iter().map(peer).collect();
        let traffic = &self.traffic;
        FaultSpec {
            traffic: traffic.with_peers(peers(&traffic.peers), peers(&traffic.except_peers)),
            faults: self.faults.clone(),
            duration: self.duration,
            seed: self.seed,
            draw: self.draw,
        }
    }
}

fn outline(words: &PortWords, icmp: bool) -> Option<PeerPort> {
    match words.port {
        PortName::Number(port) => Some(PeerPort {
            port,
            end_port: words.end_port,
            protocol: words.protocol,
        }),
        PortName::Name(_) if icmp => None,
        PortName::Name(_) => Some(PeerPort {
            port: 1,
            end_port: None,
            protocol: words.protocol,
        }),
    }
}
