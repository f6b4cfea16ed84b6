//! The rules that a line carries out, and what it remembers of the flows that they hit.

use std::collections::{BTreeMap, HashMap};

use chaos_abi::{LineHeader, flag};
use chaos_plan::{Apply, Loss, Per, PlannedRule, Shape, Table};

use super::{distribution, draws::Draws, rate::Shaper};

/// Flows, each by direction and rule, that a line remembers apart; those beyond share one memory a
/// direction and rule.
const FLOWS: usize = 65_536;

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineRule {
    /// What it does.
    pub shape: Shape,
    /// Seed of its draws.
    pub seed: u64,
    /// Boot-clock nanoseconds from which it does nothing.
    pub deadline: u64,
    /// The block that it is of: its rules number connections together.
    pub block: u16,
    /// Whether connections are drawn by their flow and not by their number.
    pub by_flow: bool,
}

/// The rules of a line by slot.
pub type LineRules = BTreeMap<u16, LineRule>;

/// Those of a table.
pub fn rules_of(table: &Table) -> LineRules {
    let shaped = table
        .rules()
        .filter_map(|(slot, rule)| Some((slot, rule, rule.shape.as_ref()?)));
    let rule = |(slot, rule, shape): (u16, &PlannedRule, &Shape)| {
        let line = LineRule {
            shape: shape.clone(),
            seed: rule.rule.seed,
            deadline: rule.rule.deadline,
            block: rule.rule.block,
            by_flow: rule.rule.flags & flag::BY_FLOW != 0,
        };
        (slot, line)
    };
    shaped.map(rule).collect()
}

/// Whose memory it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct FlowKey {
    rule: u16,
    direction: u32,
    /// `None` for all flows of a direction.
    flow: Option<u64>,
}

/// What is remembered of one.
#[derive(Clone, Debug, Default)]
pub(super) struct FlowState {
    /// What its draws go by; `None` before the first.
    identity: Option<u64>,
    pub(super) draws: Draws,
    /// The state of [`Loss::Gemodel`]: whether it is the bad one.
    pub(super) is_bad: bool,
    /// Packets since the latest that [`Loss::Nth`] hit.
    pub(super) passed: u32,
    /// Packets since the latest that was reordered.
    pub(super) held: u32,
    pub(super) shaper: Shaper,
}

/// A connection as a block knows it.
#[derive(Clone, Copy, Debug, Default)]
struct Numbered {
    number: u64,
    opened: u64,
}

/// What a line remembers of flows.
#[derive(Debug, Default)]
pub(super) struct Flows {
    states: HashMap<FlowKey, FlowState>,
    /// By block and flow.
    numbered: HashMap<(u16, u64), Numbered>,
    /// How many connections a block has numbered.
    numbers: HashMap<u16, u64>,
}

impl Flows {
    /// The memory of a packet's flow in its direction, begun where there is none. That of a connection
    /// in the place of an earlier one begins anew.
    pub(super) fn of(&mut self, slot: u16, rule: &LineRule, header: &LineHeader) -> &mut FlowState {
        let identity = self.identity(rule, header);
        let state = self.state(slot, header, Some(header.flow));
        if state.identity != Some(identity) {
            *state = FlowState {
                identity: Some(identity),
                draws: Draws::new(rule.seed, identity, header.direction),
                shaper: state.shaper,
                ..FlowState::default()
            };
        }
        state
    }

    /// The shaper of a packet.
    pub(super) fn shaper(&mut self, slot: u16, per: Per, header: &LineHeader) -> &mut Shaper {
        let flow = match per {
            Per::Pod => None,
            Per::Flow => Some(header.flow),
        };
        &mut self.state(slot, header, flow).shaper
    }

    fn state(&mut self, rule: u16, header: &LineHeader, flow: Option<u64>) -> &mut FlowState {
        let direction = header.direction;
        let key = FlowKey {
            rule,
            direction,
            flow,
        };
        let has_room = self.states.len() < FLOWS || self.states.contains_key(&key);
        let flow = flow.filter(|_| has_room);
        self.states.entry(FlowKey { flow, ..key }).or_default()
    }

    /// What the draws of a packet's connection go by: its number among those that the block met, or
    /// where the rule asks for that or there is no room for more numbers its flow.
    fn identity(&mut self, rule: &LineRule, header: &LineHeader) -> u64 {
        let key = (rule.block, header.flow);
        let is_full = self.numbered.len() >= FLOWS && !self.numbered.contains_key(&key);
        if rule.by_flow || is_full {
            return header.flow;
        }
        let known = self.numbered.entry(key).or_default();
        let is_next = header.opened != 0 && header.opened != known.opened;
        if known.number == 0 || is_next {
            let last = self.numbers.entry(rule.block).or_default();
            *last += 1;
            (known.number, known.opened) = (*last, header.opened);
        }
        known.number
    }

    /// Forgets the flows of rules that are no more.
    pub(super) fn keep(&mut self, rules: &LineRules) {
        self.states.retain(|key, _| rules.contains_key(&key.rule));
        let has = |block: &u16| rules.values().any(|rule| rule.block == *block);
        self.numbered.retain(|(block, _), _| has(block));
        self.numbers.retain(|block, _| has(block));
    }
}

/// Whether a shape treats the packets of the wire one by one.
pub(super) fn is_by_packet(shape: &Shape) -> bool {
    shape.loss.is_some()
        || shape.duplicate.is_some()
        || shape.corrupt.is_some()
        || shape.reorder.is_some()
}

/// Whether a shape draws or remembers anything.
pub(super) fn has_memory(shape: &Shape) -> bool {
    is_by_packet(shape) || shape.delay.as_ref().is_some_and(|delay| delay.jitter > 0)
}

/// What of rules says when the first packet could be due that is not handed over yet.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Earliest {
    /// Nanoseconds for which each rule holds each packet at the least.
    held: u64,
    /// The first of their deadlines: nothing is held beyond its rule's.
    deadline: u64,
}

impl Earliest {
    pub(super) fn of(rules: &LineRules) -> Self {
        let held = rules.values().map(|rule| least(&rule.shape)).min();
        let deadline = rules.values().map(|rule| rule.deadline).min();
        Self {
            held: held.unwrap_or(0),
            deadline: deadline.unwrap_or(0),
        }
    }

    /// For how long from now on none is due, in nanoseconds.
    pub(super) fn after(self, now: u64) -> u64 {
        self.held.min(self.deadline.saturating_sub(now))
    }
}

/// How long a shape holds each packet at the least, in nanoseconds.
fn least(shape: &Shape) -> u64 {
    match &shape.delay {
        Some(delay) if shape.apply == Apply::Packet && shape.reorder.is_none() => {
            distribution::least(delay)
        }
        _ => 0,
    }
}

/// Whether the next packet of a flow is lost.
pub(super) fn loses(loss: &Loss, state: &mut FlowState) -> bool {
    use super::draws::{Purpose, below};
    match loss {
        Loss::Random(chance) => state.draws.happens(Purpose::Loss, chance),
        Loss::Nth(0) => false,
        Loss::Nth(nth) => {
            state.passed += 1;
            let is_nth = state.passed >= *nth;
            if is_nth {
                state.passed = 0;
            }
            is_nth
        }
        Loss::Gemodel { p, r, bad, good } => {
            let leaves = if state.is_bad { *r } else { *p };
            if below(state.draws.next(Purpose::State, 0), leaves) {
                state.is_bad = !state.is_bad;
            }
            let share = if state.is_bad { *bad } else { *good };
            below(state.draws.next(Purpose::Loss, 0), share)
        }
    }
}

#[cfg(test)]
mod tests;
