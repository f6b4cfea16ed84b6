//! One packet after the other before the rules of a fault, by the code that the kernel runs.

use std::collections::HashMap;

use chaos_abi::{
    Action, Bank, Birth, Block, Direction, Flow, FragmentFlow, FragmentKey, LineHeader, Protocol,
    Rule,
};
use chaos_agent::line::{Foreseen, Foresight};
use chaos_ebpf::{Case, Fate, Hit, Packet, Tables};
use chaos_plan::{Image, PacketWords, Table};

use super::{draws::Draws, link::Captured, words};

/// The cut of the fault: a connection that the capture does not show begin existed before it.
pub(super) const ANCHOR: u32 = 1;

/// The kernel's memory as one fault uses it.
pub(super) struct Court<'a> {
    table: &'a Table,
    image: Image,
    case: Case,
    fragments: HashMap<FragmentKey, FragmentFlow>,
    births: HashMap<Flow, Birth>,
    loopback: bool,
    draws: Draws,
    line: Foresight,
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
    /// `loopback`: whether the packets were captured there.
    pub(super) fn of(table: &'a Table, loopback: bool) -> Self {
        Self {
            table,
            image: table.image(),
            case: Case::default(),
            fragments: HashMap::new(),
            births: HashMap::new(),
            loopback,
            draws: Draws::default(),
            line: Foresight::of(table),
        }
    }

    /// Judges a packet at a time since the fault began, in nanoseconds.
    pub(super) fn judge(&mut self, packet: &Captured, way: Direction, now: u64) -> Judgement {
        let case = &mut self.case;
        if case.packet.read(&packet.frame[..], way).is_none() {
            return Judgement::unread("no IP packet, upkeep of the link, or cut short");
        }
        case.length = packet.length;
        case.packet.set_loopback(self.loopback);
        self.share();
        self.case.look(Bank::A);
        for identity in 0..self.case.packet.identities() {
            self.case.join(&Stored(&self.image), identity);
        }
        self.case.open(now, true);
        self.case.birth = self.birth(now);
        let mut why = self.hear();
        let mut block = self.acting();
        if block.is_none() && self.case.has_lines() {
            let seen = self.foresee(&packet.frame, now);
            block = words::block(&seen);
            why = format!("{why}: {}", words::foreseen(&seen));
        }
        Judgement {
            packet: Some(self.case.packet),
            block,
            why,
        }
    }

    /// What the delay line does to the packet, which its rules hit.
    fn foresee(&mut self, frame: &[u8], at: u64) -> Foreseen {
        let case = &self.case;
        let header = LineHeader {
            at,
            flow: case.hash,
            opened: case.packet.opening(),
            direction: case.packet.direction() as u32,
            rules: case.lines,
            ..LineHeader::default()
        };
        self.line.packet(&header, frame)
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

    /// How the packet's connection began, as the hooks write it down.
    fn birth(&mut self, at: u64) -> Birth {
        let packet = &self.case.packet;
        if packet.protocol() != Protocol::Tcp {
            return Birth::UNKNOWN;
        }
        let begins = packet.begins();
        let birth = Birth {
            at,
            cut: if begins.is_some() { ANCHOR } else { 0 },
            opener: begins.map_or(0, |opener| opener as u32),
        };
        if packet.opens() && begins.is_some() {
            self.births.insert(packet.flow, birth);
        }
        *self.births.entry(packet.flow).or_insert(birth)
    }

    /// Whether the packet matches a rule that spares it from this one.
    fn is_spared(&self, rule: &Rule) -> bool {
        let row = self.image.blocks.get(usize::from(rule.spared_by));
        rule.spared_by != 0 && row.is_some_and(|row| self.case.has_met(row))
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
            let spared = self.is_spared(&self.case.rule);
            let fate = self.case.fate(&self.case.rule, spared);
            let mut is_hit = false;
            if let Fate::Hit(action) = fate {
                let rank = self.case.rule.rank;
                is_hit = self.draws.hits(&mut self.case);
                // Which ones act is asked of the case at the end.
                if is_hit && action == Action::Line {
                    let _ = self.case.divert(slot);
                } else if is_hit {
                    let _ = self.case.hit(Hit { action, rank, slot });
                }
            }
            said.extend(words::of(fate, is_hit, slot, self.table));
        }
        if said.is_empty() {
            return words::unmatched(self.table, &packet_words(&self.case));
        }
        said.join("; ")
    }
}

/// A packet as a rule's words see it.
fn packet_words(case: &Case) -> PacketWords {
    let packet = &case.packet;
    let flow = &packet.flow;
    let ports = [flow.local_port, flow.peer_port].map(u16::from_be_bytes);
    PacketWords {
        direction: packet.direction(),
        protocol: packet.protocol(),
        peer: words::address(&flow.peer),
        ports: packet.has_ports().then_some((ports[0], ports[1])),
        loopback: packet.is_loopback(),
        birth: case.birth,
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
