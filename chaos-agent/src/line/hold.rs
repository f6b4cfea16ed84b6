//! How long one packet is held, and by whom.

use chaos_abi::{LINE_RULES, NO_RULE};

use super::rules::LineRules;

/// What one rule adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hold {
    /// The rule's slot, or [`NO_RULE`].
    pub(super) rule: u16,
    /// Whether its delay is for the packet.
    pub(super) delays: bool,
    /// Nanoseconds in its shaper's queue.
    pub(super) wait: u64,
    /// Nanoseconds of its delay.
    pub(super) delay: u64,
    /// Boot-clock nanoseconds from which it adds nothing.
    pub(super) deadline: u64,
}

impl Hold {
    pub(super) const NONE: Self = Self::by(NO_RULE, 0);

    pub(super) const fn by(rule: u16, deadline: u64) -> Self {
        Self {
            rule,
            delays: false,
            wait: 0,
            delay: 0,
            deadline,
        }
    }

    /// Nanoseconds that it adds.
    pub(super) fn adds(&self) -> u64 {
        self.wait.saturating_add(self.delay)
    }

    /// What it becomes with other rules: nothing without its own, and with a constant delay that.
    pub(super) fn renew(&mut self, rules: &LineRules) {
        let Some(rule) = rules.get(&self.rule) else {
            *self = Self::NONE;
            return;
        };
        self.deadline = rule.deadline;
        match &rule.shape.delay {
            Some(delay) if self.delays && delay.jitter == 0 => self.delay = delay.latency,
            Some(_) => {}
            None => self.delay = 0,
        }
        if rule.shape.rate.is_none() {
            self.wait = 0;
        }
    }
}

/// When a packet that was met at `at` is due: no rule holds it beyond its deadline.
pub(super) fn due(at: u64, holds: &[Hold; LINE_RULES]) -> u64 {
    let mut left = holds.map(|hold| hold.adds());
    let mut order = [0, 1, 2, 3];
    order.sort_unstable_by_key(|number| holds[*number].deadline);
    let after = |left: &[u64; LINE_RULES]| {
        let all = left.iter().fold(0_u64, |sum, one| sum.saturating_add(*one));
        at.saturating_add(all)
    };
    let mut due = after(&left);
    for number in order {
        let deadline = holds[number].deadline;
        if left[number] > 0 && due > deadline {
            left[number] = 0;
            due = after(&left).max(deadline);
        }
    }
    due
}
