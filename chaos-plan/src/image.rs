//! The kernel's bit sets for a table, as the maps of one bank hold them.

use std::collections::BTreeMap;
use std::fmt;

use chaos_abi::{ClassSets, Direction, PortClasses, Protocol, RuleSet, Side, Traits};

use crate::{Matching, Table, ports, prefixes};

/// In the order of their words.
const DIRECTIONS: [Direction; 2] = [Direction::Ingress, Direction::Egress];

/// In the order of their words.
const PROTOCOLS: [Protocol; 4] = [
    Protocol::Tcp,
    Protocol::Udp,
    Protocol::Icmp,
    Protocol::Other,
];

/// What one bank of the kernel's maps holds.
#[derive(Clone)]
pub struct Image {
    /// For each prefix (v4-mapped address, length up to 128) the complete set of rules valid there.
    pub peers: BTreeMap<([u8; 16], u32), RuleSet>,
    /// Port classes, indexed by [`Side`].
    pub ports: [Box<PortClasses>; 2],
    /// Class sets, indexed by [`Side`].
    pub classes: [Box<ClassSets>; 2],
    /// Direction, protocol, family, rules without ports, and rules that spare.
    pub traits: Traits,
    /// For each slot whose rule spares: the rules that then leave the packet alone.
    pub spares: BTreeMap<u8, RuleSet>,
}

impl Image {
    pub(crate) fn of(table: &Table) -> Self {
        let (local, local_sets) = ports::tables(table, Side::Local);
        let (peer, peer_sets) = ports::tables(table, Side::Peer);
        Self {
            peers: prefixes::sets(table),
            ports: [local, peer],
            classes: [local_sets, peer_sets],
            traits: traits(table),
            spares: table.spares().collect(),
        }
    }
}

fn traits(table: &Table) -> Traits {
    let set = |takes: &dyn Fn(&Matching) -> bool| table.set(|rule| takes(&rule.matching));
    Traits {
        direction: DIRECTIONS.map(|direction| set(&|m| m.takes_direction(direction))),
        protocol: PROTOCOLS.map(|protocol| set(&|m| m.takes_protocol(protocol))),
        family: [false, true].map(|v6| set(&|m| m.takes_family(v6))),
        portless: set(&|m| !m.names_ports()),
        sparing: table.sparing(),
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("Image")
            .field("peers", &self.peers)
            .field("traits", &self.traits)
            .finish_non_exhaustive()
    }
}
