//! The API server's clock, told from the `Date` header of its answers.

use chaos_api::Span;
use jiff::Timestamp;

/// What is known of the API server's clock: between which bounds it stands at a time of a local
/// clock that only runs forward (the boot clock). Each answer narrows the bounds, and time widens
/// them again, so that neither skew nor an answer's delay can make a fault longer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerClock {
    bounds: Option<Bounds>,
}

/// The server's clock minus the local one, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bounds {
    /// At least this much.
    low: i128,
    /// At most this much.
    high: i128,
    /// The local time to which they belong.
    at: u64,
}

/// One answer of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Local nanoseconds before the request was sent.
    pub sent: u64,
    /// Local nanoseconds after the answer was received.
    pub received: u64,
    /// The answer's `Date`, in whole seconds of the Unix epoch.
    pub date: i64,
}

/// A `Date` stands for all of its second.
const SECOND: i128 = 1_000_000_000;

/// How far two clocks that run on their own drift apart: 500 parts per million, the most that a
/// kernel lets a clock be steered.
const DRIFT_DIVISOR: i128 = 2_000;

impl ServerClock {
    /// Takes an answer into account. One that contradicts the earlier ones (a clock was set)
    /// replaces them.
    pub fn observe(&mut self, sample: Sample) {
        let date = i128::from(sample.date) * SECOND;
        let new = Bounds {
            low: date - i128::from(sample.received),
            high: date + SECOND - i128::from(sample.sent),
            at: sample.received,
        };
        if new.low > new.high {
            return;
        }
        let known = self.bounds.map(|bounds| bounds.widened(sample.received));
        let both = known.map(|known| Bounds {
            low: known.low.max(new.low),
            high: known.high.min(new.high),
            at: new.at,
        });
        self.bounds = Some(both.filter(|both| both.low <= both.high).unwrap_or(new));
    }

    /// Between which times the server's clock stands at local time `at`; nothing before the first
    /// answer.
    pub fn bounds(&self, at: u64) -> Option<(Timestamp, Timestamp)> {
        let bounds = self.bounds?.widened(at);
        let time = |offset| Timestamp::from_nanosecond(offset + i128::from(at)).ok();
        Some((time(bounds.low)?, time(bounds.high)?))
    }

    /// How wide the bounds are at local time `at`.
    pub fn uncertainty(&self, at: u64) -> Option<Span> {
        let bounds = self.bounds?.widened(at);
        let nanos = u64::try_from(bounds.high - bounds.low).ok()?;
        Some(Span::from_nanos(nanos))
    }

    /// How long to wait at local time `at` before an answer tells most: until a second begins in
    /// the middle of what is thought possible, since a `Date` then says which half is true. Nothing
    /// where the uncertainty is at most `sharp`, and before the first answer.
    pub fn until_telling(&self, at: u64, sharp: Span) -> Option<Span> {
        let (earliest, latest) = self.bounds(at)?;
        let (earliest, latest) = (earliest.as_nanosecond(), latest.as_nanosecond());
        if latest - earliest <= i128::from(sharp.as_nanos()) {
            return None;
        }
        let left = SECOND - i128::midpoint(earliest, latest).rem_euclid(SECOND);
        u64::try_from(left).ok().map(Span::from_nanos)
    }

    /// What is left, at local time `at`, until the server's clock shows `ends`: never more than
    /// there is, less by up to the uncertainty; no time before the first answer.
    pub fn left(&self, ends: Timestamp, at: u64) -> Span {
        let left = self
            .bounds(at)
            .map(|(_, latest)| ends.duration_since(latest));
        let nanos = left.map_or(0, |left| left.as_nanos().max(0));
        Span::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

impl Bounds {
    fn widened(self, at: u64) -> Self {
        let drift = i128::from(at.saturating_sub(self.at)) / DRIFT_DIVISOR;
        Self {
            low: self.low - drift,
            high: self.high + drift,
            at: self.at.max(at),
        }
    }
}
