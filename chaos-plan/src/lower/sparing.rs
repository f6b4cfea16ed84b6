//! What a fault spares, as rules without an action: probes, and the peers that it excepts.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use chaos_abi::{Protocol as Class, Rule, RuleSet};
use chaos_api::{IpBlock, PortRange, Protocol};

use super::{id, of_part};
use crate::parts::{Part, parts};
use crate::{Fault, Matching, PlannedRule, Spare};

/// The rules that spare packets from those of `fault`.
pub(super) fn rules(fault: &Fault, acting: &[PlannedRule]) -> Vec<PlannedRule> {
    let traffic = &fault.spec.traffic;
    let met = |rule: &PlannedRule| rule.matching.takes_protocol(Class::Tcp);
    let mut rules = Vec::new();
    if !fault.spare.is_empty() && acting.iter().any(met) {
        rules.push(sparing(fault, 0, probes(&fault.spare)));
    }
    let excepted = parts(&traffic.except_peers, traffic.protocol);
    for (number, part) in (1..).zip(excepted) {
        let matching = Matching {
            interfaces: traffic.interfaces,
            ..of_part(part)
        };
        rules.push(sparing(fault, number, matching));
    }
    rules
}

/// Tells each rule which ones spare packets from it: those of its fault.
pub(super) fn spare(slots: &mut BTreeMap<u16, PlannedRule>) {
    let mut sparing: BTreeMap<String, RuleSet> = BTreeMap::new();
    for (slot, rule) in slots.iter().filter(|(_, rule)| rule.id.block.is_none()) {
        let own = sparing.entry(rule.id.fault.clone()).or_default();
        own.insert(*slot);
    }
    for rule in slots.values_mut().filter(|rule| rule.id.block.is_some()) {
        let by = sparing.get(&rule.id.fault);
        rule.spared_by = by.copied().unwrap_or_default();
    }
}

fn sparing(fault: &Fault, number: u16, matching: Matching) -> PlannedRule {
    PlannedRule {
        id: id(fault, None, number),
        rule: Rule::default(),
        spared_by: RuleSet::EMPTY,
        matching,
        shape: None,
    }
}

/// What probes are.
fn probes(spare: &Spare) -> Matching {
    let ports: BTreeSet<u16> = spare.ports.iter().copied().collect();
    let sources = spare.sources.iter().map(IpAddr::to_canonical);
    let sources: BTreeSet<IpAddr> = sources.collect();
    let port = |port| PortRange::new(port, port).expect("one port is in order");
    let peer = |address: IpAddr| IpBlock {
        cidr: address.into(),
        except: Vec::new(),
    };
    Matching {
        local_ports: ports.into_iter().map(port).collect(),
        peers: sources.into_iter().map(peer).collect(),
        ..of_part(Part::all(Protocol::Tcp))
    }
}
