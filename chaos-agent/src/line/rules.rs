//! The rules that a line carries out, and what it remembers of the flows that they hit.

use std::collections::{BTreeMap, HashMap};

use chaos_plan::{Loss, Per, Shape};

use super::{draws::Draws, rate::Shaper};

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
}

/// The rules of a line by slot.
pub type LineRules = BTreeMap<u16, LineRule>;

/// Whose memory it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct FlowKey {
    pub(super) rule: u16,
    pub(super) direction: u32,
    /// `None` for all flows of a direction.
    pub(super) flow: Option<u64>,
}

/// What is remembered of one.
#[derive(Clone, Debug, Default)]
pub(super) struct FlowState {
    pub(super) draws: Draws,
    /// The state of [`Loss::Gemodel`]: whether it is the bad one.
    pub(super) is_bad: bool,
    /// Packets since the latest that [`Loss::Nth`] hit.
    pub(super) passed: u32,
    /// Packets since the latest that was reordered.
    pub(super) held: u32,
    pub(super) shaper: Shaper,
}

/// What a line remembers of flows.
#[derive(Debug, Default)]
pub(super) struct Flows {
    states: HashMap<FlowKey, FlowState>,
}

impl Flows {
    /// The memory of a flow, begun where there is none.
    pub(super) fn of(&mut self, key: FlowKey, seed: u64) -> &mut FlowState {
        let is_known = self.states.len() < FLOWS || self.states.contains_key(&key);
        let key = if is_known {
            key
        } else {
            FlowKey { flow: None, ..key }
        };
        self.states.entry(key).or_insert_with(|| FlowState {
            draws: Draws::new(seed, key.flow.unwrap_or_default(), key.direction),
            ..FlowState::default()
        })
    }

    /// Forgets the flows of rules that are no more.
    pub(super) fn keep(&mut self, rules: &LineRules) {
        self.states.retain(|key, _| rules.contains_key(&key.rule));
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

/// Which memory has the shaper of a rule.
pub(super) fn shaped(per: Per, flow: u64) -> Option<u64> {
    match per {
        Per::Pod => None,
        Per::Flow => Some(flow),
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
