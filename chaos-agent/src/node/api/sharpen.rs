//! Learning the API server's clock soon after the start: its `Date` has whole seconds only.

use chaos_api::{NodePlan, Span};
use kube::Api;
use tokio::time::{sleep, timeout};

use super::{REQUEST, Reach};

/// Sharp enough: a fault ends at most so much early.
const SHARP: Span = Span::from_nanos(40_000_000);

/// Each answer halves what is unknown: enough for a second.
const ANSWERS: usize = 8;

/// Asks just when a second begins in the middle of what is thought possible, so that the answer
/// tells which half is true.
pub(in crate::node) async fn sharpen(reach: Reach) {
    let api: Api<NodePlan> = Api::all(reach.client);
    for _ in 0..ANSWERS {
        let Some(pause) = reach.clock.until_telling(SHARP) else {
            return;
        };
        sleep(pause.into()).await;
        // Whatever it answers, it has told the time; if it did not, the next one may.
        let _ = timeout(REQUEST, api.get_metadata_opt(&reach.node)).await;
    }
}

#[cfg(test)]
mod tests {
    use chaos_plan::{Sample, ServerClock};

    use super::*;

    /// Answers at once, by a clock that is this far ahead.
    fn learnt(ahead: i64, answers: usize) -> Span {
        let mut clock = ServerClock::default();
        let mut now = 5_000_000_000_u64;
        for _ in 0..answers {
            let server = now.cast_signed() + ahead;
            clock.observe(Sample {
                sent: now,
                received: now + 1_000_000,
                date: server.div_euclid(1_000_000_000),
            });
            match clock.until_telling(now, SHARP) {
                Some(pause) => now += pause.as_nanos(),
                None => break,
            }
        }
        clock.uncertainty(now).unwrap()
    }

    #[test]
    fn a_few_answers_tell_the_time() {
        for ahead in [0, 1, 123_456_789, 500_000_000, 999_999_999] {
            let unknown = learnt(ahead, ANSWERS);
            assert!(unknown <= SHARP, "{ahead} ns ahead: {unknown} are unknown");
        }
        assert!(learnt(1, 1) >= Span::from_secs(1));
    }
}
