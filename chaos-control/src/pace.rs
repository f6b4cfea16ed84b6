//! How often work is done that grows with the cluster.

use std::time::{Duration, Instant};

/// The least time between two runs.
const LEAST: Duration = Duration::from_millis(2);

/// The most: peers are to be current within a second.
const MOST: Duration = Duration::from_millis(500);

/// A run is followed by four times its own length without one, so that a crowd of changes takes a
/// fifth of one core at most, while a single change waits for nothing.
const REST: u32 = 4;

/// Work that is to be done, as soon as it may.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    due: bool,
    not_before: Option<Instant>,
}

impl Pace {
    /// There is work.
    pub(crate) fn want(&mut self) {
        self.due = true;
    }

    /// When it may be done; nothing where there is none.
    pub(crate) fn due(&self, now: Instant) -> Option<Instant> {
        self.due.then(|| self.not_before.unwrap_or(now))
    }

    /// Does the work if it may be done now, and says how long it took.
    pub(crate) fn run(&mut self, work: impl FnOnce()) -> Option<Duration> {
        let begun = Instant::now();
        if self.due(begun).is_none_or(|due| due > begun) {
            return None;
        }
        self.due = false;
        work();
        let took = begun.elapsed();
        let rest = took.saturating_mul(REST).clamp(LEAST, MOST);
        self.not_before = Some(begun + took + rest);
        Some(took)
    }
}
