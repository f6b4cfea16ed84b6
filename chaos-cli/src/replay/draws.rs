//! The draws of a share, with what the kernel's maps remember for them.

use std::collections::HashMap;

use chaos_abi::{Action, CERTAIN, DrawKey, Drawn, flag};
use chaos_ebpf::{Case, drawn, lost};

/// What the blocks of one fault have numbered and drawn.
#[derive(Default)]
pub(super) struct Draws {
    numbers: HashMap<u16, u64>,
    connections: HashMap<DrawKey, Drawn>,
}

impl Draws {
    /// Whether the rule of a case, which is in force, hits its packet.
    pub(super) fn hits(&mut self, case: &mut Case) -> bool {
        let rule = case.rule;
        let by_flow = rule.flags & flag::BY_FLOW != 0;
        if rule.threshold >= CERTAIN {
            return true;
        }
        if rule.action == Action::Loss.word() {
            return self.loses(case, by_flow);
        }
        let connection = if by_flow {
            case.hash
        } else {
            self.connection(case).number
        };
        drawn(&rule, connection)
    }

    /// Draws the packet once for all rules of the block.
    fn loses(&mut self, case: &mut Case, by_flow: bool) -> bool {
        let block = case.rule.block;
        if let Some(is_lost) = case.losses.of(block) {
            return is_lost;
        }
        let is_lost = if case.packet.is_later_fragment() {
            self.was_lost(case)
        } else {
            self.next(case, by_flow)
        };
        case.losses.note(block, is_lost);
        is_lost
    }

    fn next(&mut self, case: &mut Case, by_flow: bool) -> bool {
        let (rule, hash, way) = (case.rule, case.hash, case.packet.direction());
        let known = self.connection(case);
        let connection = if by_flow { hash } else { known.number };
        let before = known.packets[way as usize];
        known.packets[way as usize] += 1;
        let is_lost = lost(&rule, connection, way, before);
        if case.packet.is_first_fragment() {
            case.name(case.packet.place());
            let first = Drawn {
                number: u64::from(is_lost),
                opened: u64::from(case.packet.ident()),
                ..Drawn::default()
            };
            self.connections.insert(case.key, first);
        }
        is_lost
    }

    fn was_lost(&mut self, case: &mut Case) -> bool {
        case.name(case.packet.place());
        let first = self.connections.get(&case.key);
        let ident = u64::from(case.packet.ident());
        first.is_some_and(|first| first.opened == ident && first.number != 0)
    }

    /// The connection as the block knows it, numbered where it is new.
    fn connection(&mut self, case: &mut Case) -> &mut Drawn {
        case.name(0);
        let opened = case.packet.opening();
        let known = self.connections.entry(case.key).or_default();
        if known.number == 0 || opened != 0 && opened != known.opened {
            let last = self.numbers.entry(case.rule.block).or_default();
            *last += 1;
            *known = Drawn {
                number: *last,
                opened,
                packets: [0; 2],
            };
        }
        known
    }
}
