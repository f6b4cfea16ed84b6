//! A shaper: a clock that runs ahead by what each packet takes to send.

use chaos_plan::Rate;

/// How finely departures are told apart, in nanoseconds: packets of a fast rate leave together, so
/// that the line need not wake for each.
const GRAIN: u64 = 500_000;

const SECOND: u128 = 1_000_000_000;

/// When all that was sent has left, in nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shaper {
    busy_until: u64,
    /// When the latest packet leaves; none leaves before one that came before it.
    latest: u64,
}

impl Shaper {
    /// When a packet that comes at `now` leaves; `None` where the queue is full.
    pub(super) fn depart(&mut self, rate: &Rate, now: u64, bytes: u64) -> Option<u64> {
        let burst = time(rate, rate.burst.max(bytes));
        let start = self.busy_until.max(now);
        // What the burst lets go ahead of its time does not wait.
        let waits = (start - now).saturating_sub(burst);
        if waits > time(rate, rate.limit) {
            return None;
        }
        self.busy_until = start.saturating_add(time(rate, bytes));
        let due = self.busy_until.saturating_sub(burst);
        let due = if due > now {
            due.next_multiple_of(GRAIN)
        } else {
            now
        };
        self.latest = self.latest.max(due);
        Some(self.latest)
    }
}

/// How many bytes pass in one grain.
pub(super) fn grain(rate: &Rate) -> u64 {
    let bytes = u128::from(rate.bits) * u128::from(GRAIN) / 8 / SECOND;
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// How long bytes take to send, in nanoseconds.
fn time(rate: &Rate, bytes: u64) -> u64 {
    let nanos = u128::from(bytes) * 8 * SECOND / u128::from(rate.bits.max(1));
    u64::try_from(nanos).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
