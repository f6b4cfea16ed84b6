//! The rules for words that tell connections apart: only TCP has a beginning that can be seen.

use crate::validate::{Findings, traffic::peer_ports};
use crate::{Connections, Initiator, Protocol, Traffic};

/// Checks that what tells connections apart meets TCP alone.
pub(super) fn check(traffic: &Traffic, findings: &mut Findings) {
    let words = [
        (
            "connections",
            traffic.connections != Connections::All,
            traffic.connections.to_string(),
        ),
        (
            "initiator",
            traffic.initiator != Initiator::Any,
            traffic.initiator.to_string(),
        ),
    ];
    for (word, _, value) in words.into_iter().filter(|(_, told, _)| *told) {
        if matches!(traffic.protocol, Protocol::Udp | Protocol::Icmp) {
            let protocol = traffic.protocol;
            let allowed =
                format!("goes with TCP only, and spec.traffic.protocol is {protocol}; write TCP");
            findings.refuse(&format!("spec.traffic.{word}"), &value, &allowed);
        }
        for (field, port) in peer_ports(traffic) {
            if port.protocol == Some(Protocol::Udp) && traffic.protocol == Protocol::Any {
                let allowed = format!("goes with TCP only, and {field}.protocol is UDP; write TCP");
                findings.refuse(&format!("spec.traffic.{word}"), &value, &allowed);
            }
        }
    }
}
