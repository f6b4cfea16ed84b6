//! One packet after the other before the rules of a fault, by the code that the kernel runs.

use std::collections::HashMap;

use chaos_abi::{Bank, Block, Direction, FragmentFlow, FragmentKey, Rule};
use chaos_ebpf::{Case, Fate, Hit, Packet, Tables};
use chaos_plan::{Image, PacketWords, Table};

use super::{draws::Draws, link::Captured, words};

/// The kernel's memory as one fault uses it.
pub(super) struct Court<'a> {
    table: &'a Table,
    image: Image,
    case: Case,
    fragments: HashMap<FragmentKey, FragmentFlow>,
    draws: Draws,
}

/// What becomes of one packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judgement {
    /// As it was read; `None` where it was not.
    pub(super) packet: Option<Packet>,
    /// The block that acts; `None` where it passes.
    pub(super) block: Option<chaos_api::Block>,
    /// Why, in a line.
    pub(super) why: String,
}

impl Judgement {
    /// Of a packet that is not the target's.
    pub(super) fn elsewhere() -> Self {
        Self::unread("neither end is the target")
    }

    fn unread(why: &str) -> Self {
        Self {
            packet: None,
            block: None,
            why: why.into(),
        }
    }
}

impl<'a> Court<'a> {
    pub(super) fn of(table: &'a Table) -> Self {
        Self {
            table,
            image: table.image(),
            case: Case::default(),
            fragments: HashMap::new(),
            draws: Draws::default(),
        }
    }

    /// Judges a packet at a time since the fault began, in nanoseconds.
    pub(super) fn judge(&mut self, packet: &Captured, way: Direction, now: u64) -> Judgement {
        let case = &mut self.case;
        if case.packet.read(&packet.frame[..], way).is_none() {
            return Judgement::unread("no IP packet, neighbour discovery, or cut short");
        }
        case.length = packet.length;
        self.share();
        self.case.look(Bank::A);
        for identity in 0..self.case.packet.identities() {
            self.case.join(&Stored(&self.image), identity);
        }
        self.case.open(now, true);
        let why = self.hear();
        Judgement {
            packet: Some(self.case.packet),
            block: self.acting(),
            why,
        }
    }

    fn acting(&self) -> Option<chaos_api::Block> {
        let slot = self.case.acting()?.slot;
        self.table.rule(u16::try_from(slot).ok()?)?.id.block
    }

    /// Tells a later fragment the ports of the first.
    fn share(&mut self) {
        let packet = &mut self.case.packet;
        if packet.is_later_fragment() {
            if let Some(first) = self.fragments.get(&packet.fragment_key()) {
                packet.continues(first);
            }
        } else if packet.is_first_fragment() && packet.has_ports() {
            let key = packet.fragment_key();
            self.fragments.insert(key, packet.fragment_flow());
        }
    }

    /// Hears every rule that the packet matches; the last word of each that matters.
    fn hear(&mut self) -> String {
        let mut said = Vec::new();
        while let Some(slot) = self.case.next_rule() {
            let (_, block) = self.case.place(slot);
            let Some(block) = self.image.blocks.get(block as usize) else {
                continue;
            };
            self.case.rule = Rule::at(block, slot);
            let fate = self.case.fate(&self.case.rule);
            let mut is_hit = false;
            if let Fate::Hit(action) = fate {
                let rank = self.case.rule.rank;
                is_hit = self.draws.hits(&mut self.case);
                if is_hit {
                    // Which one acts is asked of the case at the end.
                    let _ = self.case.hit(Hit { action, rank, slot });
                }
            }
            said.extend(words::of(fate, is_hit, slot, self.table));
        }
        if said.is_empty() {
            return words::unmatched(self.table, &packet_words(&self.case.packet));
        }
        said.join("; ")
    }
}

/// A packet as a rule's words see it.
fn packet_words(packet: &Packet) -> PacketWords {
    let flow = &packet.flow;
    let ports = [flow.local_port, flow.peer_port].map(u16::from_be_bytes);
    PacketWords {
        direction: packet.direction(),
        protocol: packet.protocol(),
        peer: words::address(&flow.peer),
        ports: packet.has_ports().then_some((ports[0], ports[1])),
    }
}

/// A bank as the maps hold it.
struct Stored<'a>(&'a Image);

impl Tables for Stored<'_> {
    fn block(&self, index: u32) -> Option<&Block> {
        self.0.blocks.get(index as usize)
    }

    fn peers(&self, address: &[u8; 16]) -> Option<u32> {
        self.0.peer(address)
    }
}
