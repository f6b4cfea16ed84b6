//! Learning the API server's clock soon after the start: its `Date` has whole seconds only.

use std::time::Duration;

use chaos_api::NodePlan;
use jiff::Timestamp;
use kube::Api;
use tokio::time::{sleep, timeout};

use super::{REQUEST, Reach};

/// Sharp enough: a fault ends at most so much early.
const SHARP: i128 = 40_000_000;

/// Each answer halves what is unknown: enough for a second.
const ANSWERS: usize = 8;

const SECOND: i128 = 1_000_000_000;

/// Asks just when a second begins in the middle of what is thought possible, so that the answer
/// tells which half is true.
pub(in crate::node) async fn sharpen(reach: Reach) {
    let api: Api<NodePlan> = Api::all(reach.client);
    for _ in 0..ANSWERS {
        let Some(pause) = reach.clock.bounds().and_then(pause) else {
            return;
        };
        sleep(pause).await;
        // Whatever it answers, it has told the time; if it did not, the next one may.
        let _ = timeout(REQUEST, api.get_metadata_opt(&reach.node)).await;
    }
}

/// How long to wait before asking; nothing where the clock is known well.
fn pause((earliest, latest): (Timestamp, Timestamp)) -> Option<Duration> {
    let (earliest, latest) = (earliest.as_nanosecond(), latest.as_nanosecond());
    if latest - earliest <= SHARP {
        return None;
    }
    let into = (earliest + (latest - earliest) / 2).rem_euclid(SECOND);
    Some(Duration::from_nanos(u64::try_from(SECOND - into).ok()?))
}

#[cfg(test)]
mod tests {
    use chaos_plan::{Sample, ServerClock};

    use super::*;

    /// Answers at once, by a clock that is this far ahead.
    fn learnt(ahead: i64, answers: usize) -> i128 {
        let mut clock = ServerClock::default();
        let mut now = 5_000_000_000_u64;
        for _ in 0..answers {
            let server = now.cast_signed() + ahead;
            clock.observe(Sample {
                sent: now,
                received: now + 1_000_000,
                date: server.div_euclid(1_000_000_000),
            });
            match clock.bounds(now).and_then(pause) {
                Some(pause) => now += u64::try_from(pause.as_nanos()).unwrap(),
                None => break,
            }
        }
        let (earliest, latest) = clock.bounds(now).unwrap();
        latest.as_nanosecond() - earliest.as_nanosecond()
    }

    #[test]
    fn a_few_answers_tell_the_time() {
        for ahead in [0, 1, 123_456_789, 500_000_000, 999_999_999] {
            let unknown = learnt(ahead, ANSWERS);
            assert!(
                unknown <= SHARP,
                "{ahead} ns ahead: {unknown} ns are unknown"
            );
        }
        assert!(learnt(1, 1) >= SECOND);
    }
}
