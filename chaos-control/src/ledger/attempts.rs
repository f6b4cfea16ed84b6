//! Writes that are under way or have failed.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::Target;

/// The wait after the first failure; it doubles with each further one.
const FIRST: Duration = Duration::from_millis(50);

/// The longest wait.
const LONGEST: Duration = Duration::from_secs(2);

/// Writes that are under way or have failed; none of the others is here.
#[derive(Debug, Default)]
pub(super) struct Attempts(BTreeMap<Target, Attempt>);

#[derive(Clone, Copy, Debug)]
enum Attempt {
    /// Under way, after so many failures.
    Running(u32),
    /// Failed so many times, and not to be tried before that.
    Failed(u32, Instant),
}

impl Attempts {
    /// Whether a target may be written to.
    pub(super) fn may(&self, target: &Target, now: Instant) -> bool {
        match self.0.get(target) {
            None => true,
            Some(Attempt::Running(_)) => false,
            Some(Attempt::Failed(_, after)) => *after <= now,
        }
    }

    /// Whether the latest write of a target has failed.
    pub(super) fn has_failed(&self, target: &Target) -> bool {
        self.failures(target) > 0
    }

    fn failures(&self, target: &Target) -> u32 {
        match self.0.get(target) {
            None => 0,
            Some(Attempt::Running(failures) | Attempt::Failed(failures, _)) => *failures,
        }
    }

    /// A write begins.
    pub(super) fn begin(&mut self, target: Target) {
        let failures = self.failures(&target);
        self.0.insert(target, Attempt::Running(failures));
    }

    /// A write has ended.
    pub(super) fn end(&mut self, target: &Target, succeeded: bool, now: Instant) {
        let failures = self.failures(target);
        self.0.remove(target);
        if !succeeded {
            let wait = FIRST.saturating_mul(1 << failures.min(8)).min(LONGEST);
            let attempt = Attempt::Failed(failures + 1, now + wait);
            self.0.insert(target.clone(), attempt);
        }
    }

    /// When the waits are over.
    pub(super) fn due(&self) -> impl Iterator<Item = Instant> {
        self.0.values().filter_map(|attempt| match attempt {
            Attempt::Running(_) => None,
            Attempt::Failed(_, after) => Some(*after),
        })
    }
}
