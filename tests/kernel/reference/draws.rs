//! The draws, with all that they go by remembered for ever.

use std::collections::HashMap;

use chaos_abi::{Action, CERTAIN, Flow};
use chaos_api::Block;
use chaos_ebpf::{drawn, hash, lost};
use chaos_plan::PlannedRule;

use super::read::Read;

/// A fault's block.
type Owner = (String, Block);

/// A connection as a block knows it: its number, how it began, its packets each way.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    number: u64,
    opened: Option<u32>,
    packets: [u64; 2],
}

/// What the blocks of one table have drawn.
#[derive(Debug, Default)]
pub(super) struct Draws {
    numbers: HashMap<Owner, u64>,
    connections: HashMap<(Owner, Flow), Known>,
    /// First fragments, by direction, flow and three bits of their identification: that, and whether
    /// they were lost.
    firsts: HashMap<(Owner, Flow, u8, u32), (u32, bool)>,
    /// What became of the packet that is judged.
    packet: HashMap<Owner, bool>,
}

impl Draws {
    /// Begins with another packet.
    pub(super) fn begin(&mut self) {
        self.packet.clear();
    }

    /// Whether a rule hits the packet.
    pub(super) fn hits(&mut self, packet: &Read, planned: &PlannedRule) -> bool {
        let rule = &planned.rule;
        if rule.threshold >= CERTAIN {
            return true;
        }
        let owner = owner(planned);
        if rule.action != Action::Loss.word() {
            let key = if by_flow(planned) {
                hash(&packet.flow)
            } else {
                self.connection(packet, owner).number
            };
            return drawn(rule, key);
        }
        if let Some(known) = self.packet.get(&owner) {
            return *known;
        }
        let is_lost = self.loses(packet, planned);
        self.packet.insert(owner, is_lost);
        is_lost
    }

    fn loses(&mut self, packet: &Read, planned: &PlannedRule) -> bool {
        let owner = owner(planned);
        let first = packet.fragment.map(|(ident, later)| {
            let key = (owner.clone(), packet.flow, packet.way as u8, ident % 8);
            (key, ident, later)
        });
        if let Some((key, ident, true)) = &first {
            let known = self.firsts.get(key);
            return known.is_some_and(|(of, is_lost)| of == ident && *is_lost);
        }
        let known = self.connection(packet, owner);
        let before = known.packets[packet.way as usize];
        known.packets[packet.way as usize] += 1;
        let key = if by_flow(planned) {
            hash(&packet.flow)
        } else {
            known.number
        };
        let is_lost = lost(&planned.rule, key, packet.way, before);
        if let Some((key, ident, _)) = first {
            self.firsts.insert(key, (ident, is_lost));
        }
        is_lost
    }

    /// The connection of a packet, numbered where it is new.
    fn connection(&mut self, packet: &Read, owner: Owner) -> &mut Known {
        let numbers = self.numbers.entry(owner.clone()).or_default();
        let known = self.connections.entry((owner, packet.flow));
        let known = known.or_default();
        let is_new = packet.opens.is_some() && packet.opens != known.opened;
        if known.number == 0 || is_new {
            *numbers += 1;
            *known = Known {
                number: *numbers,
                opened: packet.opens,
                packets: [0; 2],
            };
        }
        known
    }
}

fn owner(planned: &PlannedRule) -> Owner {
    let block = planned.id.block.expect("it has an action");
    (planned.id.fault.clone(), block)
}

fn by_flow(planned: &PlannedRule) -> bool {
    planned.rule.flags & chaos_abi::flag::BY_FLOW != 0
}
