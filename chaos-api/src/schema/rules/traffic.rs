//! The rules of traffic and its other ends.

use kube::core::Rule;

use super::{at, rule};
use crate::local;

/// Of a peer's port.
pub(crate) fn port() -> Vec<Rule> {
    vec![
        at(
            rule(
                "!has(self.endPort) || type(self.port) == int",
                "goes with the number of a port only",
            ),
            ".endPort",
        ),
        at(
            rule(
                "!has(self.endPort) || type(self.port) != int || self.port <= self.endPort",
                "is below port",
            ),
            ".endPort",
        ),
        at(
            rule(
                "!has(self.protocol) || self.protocol in ['TCP', 'UDP']",
                "is not allowed; write TCP or UDP, or remove it for both",
            ),
            ".protocol",
        ),
    ]
}

/// Of a peer.
pub(crate) fn peer() -> Vec<Rule> {
    vec![
        rule(
            "has(self.service) || has(self.podSelector) || has(self.namespaceSelector) || \
             has(self.ipBlock) || (has(self.ports) && size(self.ports) > 0)",
            "names nothing; write service, podSelector, namespaceSelector, ipBlock or ports",
        ),
        rule(
            "[has(self.service), has(self.podSelector) || has(self.namespaceSelector), \
             has(self.ipBlock)].filter(x, x).size() <= 1",
            "names its addresses twice; write one of service, podSelector with \
             namespaceSelector, and ipBlock",
        ),
        rule(
            "!has(self.ports) || has(self.service) || has(self.podSelector) || \
             has(self.namespaceSelector) || self.ports.all(p, type(p.port) == int)",
            "names a port by its name, which goes with service, podSelector and \
             namespaceSelector only; write a number",
        ),
    ]
}

/// Of a range of addresses.
pub(crate) fn ip_block() -> Vec<Rule> {
    vec![
        at(
            rule(
                "isCIDR(self.cidr)",
                "is not a CIDR; write it as in \"10.0.0.0/8\"",
            ),
            ".cidr",
        ),
        at(
            rule(
                "!isCIDR(self.cidr) || cidr(self.cidr) == cidr(self.cidr).masked()",
                "has host bits",
            ),
            ".cidr",
        ),
        at(
            rule(
                "!has(self.except) || self.except.all(e, isCIDR(e) && cidr(e) == cidr(e).masked())",
                "are CIDRs without host bits; write them as in \"10.1.0.0/16\"",
            ),
            ".except",
        ),
        at(
            rule(
                "!has(self.except) || !isCIDR(self.cidr) || self.except.all(e, !isCIDR(e) || \
                 (cidr(self.cidr).containsCIDR(e) && \
                 cidr(self.cidr).prefixLength() < cidr(e).prefixLength()))",
                "are parts of cidr; name ranges inside it",
            ),
            ".except",
        ),
    ]
}

/// Of a fault's traffic.
pub(crate) fn traffic() -> Vec<Rule> {
    let mut rules = planned(&local::PLANNED);
    rules.extend(present_traffic());
    rules
}

/// Refuses words that this version does not have.
pub(crate) fn planned(words: &[&str]) -> Vec<Rule> {
    let refuse = |word: &&str| {
        let rule = rule(
            &format!("!has(self.{word})"),
            "is not in this version; remove it",
        );
        at(rule, &format!(".{word}"))
    };
    words.iter().map(refuse).collect()
}

fn present_traffic() -> Vec<Rule> {
    vec![
        at(
            rule(
                "!has(self.protocol) || self.protocol != 'ICMP' || !has(self.localPorts) || \
                 size(self.localPorts) == 0",
                "do not go with ICMP, which has no ports; remove them",
            ),
            ".localPorts",
        ),
        at(
            rule(
                "!has(self.protocol) || self.protocol != 'ICMP' || !has(self.peers) || \
                 self.peers.all(p, !has(p.ports) || size(p.ports) == 0)",
                "name ports, which do not go with ICMP; remove them",
            ),
            ".peers",
        ),
        at(
            rule(
                "!has(self.protocol) || !(self.protocol in ['TCP', 'UDP']) || !has(self.peers) || \
                 self.peers.all(p, !has(p.ports) || p.ports.all(o, !has(o.protocol) || \
                 o.protocol == self.protocol))",
                "have a port whose protocol contradicts spec.traffic.protocol",
            ),
            ".peers",
        ),
        at(
            rule(
                "!has(self.family) || self.family == 'Any' || !has(self.peers) || \
                 self.peers.all(p, !has(p.ipBlock) || !isCIDR(p.ipBlock.cidr) || \
                 cidr(p.ipBlock.cidr).ip().family() == (self.family == 'IPv4' ? 4 : 6))",
                "have a range that contradicts spec.traffic.family",
            ),
            ".peers",
        ),
    ]
}
