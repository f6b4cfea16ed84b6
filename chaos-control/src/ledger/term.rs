//! The numbers of plans.

use jiff::Timestamp;

/// One leader's term. Its plans are after those of the terms before it.
#[derive(Debug)]
pub struct Term {
    epoch: i64,
    sequence: i64,
}

impl Term {
    /// A term that begins at `now` by the API server's clock: its epoch is that time in
    /// milliseconds, since all leaders share that clock.
    pub fn begin(now: Timestamp) -> Self {
        Self {
            epoch: now.as_millisecond(),
            sequence: 0,
        }
    }

    /// Epoch and sequence of the next plan of a node on which plans of epoch `seen` are known.
    ///
    /// A higher epoch than the term's own (an API server's clock that was set back) is topped for
    /// that node alone, so that no node's report can push the others' numbers.
    pub fn next(&mut self, seen: i64) -> (i64, i64) {
        self.sequence += 1;
        if seen <= self.epoch {
            (self.epoch, self.sequence)
        } else {
            (seen.saturating_add(1), self.sequence)
        }
    }
}
