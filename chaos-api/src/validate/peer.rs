//! The rules for one peer's addresses.

use std::net::Ipv6Addr;

use ipnet::IpNet;

use crate::validate::Findings;
use crate::{Family, IpBlock, MAX_EXCEPTS, MAX_PORTS, Peer};

/// Checks a peer's addresses and how many ports it has.
pub(super) fn check(field: &str, peer: &Peer, family: Family, findings: &mut Findings) {
    findings.limit(&format!("{field}.ports"), peer.ports.len(), MAX_PORTS);
    if let Some(block) = &peer.ip_block {
        check_block(&format!("{field}.ipBlock"), block, family, findings);
    }
}

fn check_block(field: &str, block: &IpBlock, family: Family, findings: &mut Findings) {
    let cidr = format!("{field}.cidr");
    check_range(&cidr, block.cidr, findings);
    if !fits(block.cidr, family) {
        let allowed =
            format!("contradicts spec.traffic.family {family}; name {family} ranges only");
        findings.refuse(&cidr, block.cidr, &allowed);
    }
    findings.limit(&format!("{field}.except"), block.except.len(), MAX_EXCEPTS);
    for (index, hole) in block.except.iter().enumerate() {
        let field = format!("{field}.except[{index}]");
        check_range(&field, *hole, findings);
        if !block.cidr.contains(hole) || block.cidr == *hole {
            let allowed = format!("is not a part of {}; name ranges inside it", block.cidr);
            findings.refuse(&field, hole, &allowed);
        }
    }
}

fn check_range(field: &str, range: IpNet, findings: &mut Findings) {
    let base = range.trunc();
    if base != range {
        let host = IpNet::from(range.addr());
        let allowed = format!("has host bits; write \"{base}\" or \"{host}\"");
        findings.refuse(field, range, &allowed);
    }
    if is_mapped(range) {
        findings.refuse(
            field,
            range,
            "is an IPv4 range in IPv6 form; write it as IPv4",
        );
    }
}

fn fits(range: IpNet, family: Family) -> bool {
    match family {
        Family::Any => true,
        Family::IPv4 => matches!(range, IpNet::V4(_)),
        Family::IPv6 => matches!(range, IpNet::V6(_)),
    }
}

/// Whether `range` lies in `::ffff:0:0/96` (RFC 4291 §2.5.5.2), which no IPv6 packet carries.
fn is_mapped(range: IpNet) -> bool {
    let IpNet::V6(range) = range else {
        return false;
    };
    let mapped = Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0);
    range.prefix_len() >= 96 && range.network().segments()[..6] == mapped.segments()[..6]
}
