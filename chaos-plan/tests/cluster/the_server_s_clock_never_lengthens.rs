//! The API server's clock, told from whole seconds over a slow line.

use chaos_api::Span;
use chaos_plan::{Sample, ServerClock};
use jiff::Timestamp;
use proptest::prelude::*;

const SECOND: u64 = 1_000_000_000;

/// The server's clock at local time `at`, where it is this far ahead.
fn server(at: u64, ahead: i64) -> i128 {
    i128::from(at) + i128::from(ahead)
}

/// The server's answer to a request; it looks at its clock somewhere in between.
fn answer(sent: u64, trip: u64, looked: u64, ahead: i64) -> Sample {
    let looked = sent + looked.min(trip);
    let date = server(looked, ahead).div_euclid(i128::from(SECOND));
    Sample {
        sent,
        received: sent + trip,
        date: i64::try_from(date).unwrap(),
    }
}

proptest! {
    #[test]
    fn what_is_left_is_never_more_than_there_is(
        ahead in 1_700_000_000_000_000_000_i64..1_800_000_000_000_000_000,
        requests in proptest::collection::vec((1_u64..20 * SECOND, 0..3 * SECOND, 0..3 * SECOND), 1..20),
        length in 0_u64..100 * SECOND,
    ) {
        let mut clock = ServerClock::default();
        let mut at = 0;
        for (pause, trip, looked) in requests {
            let sample = answer(at + pause, trip, looked, ahead);
            clock.observe(sample);
            at = sample.received;
            let truth = server(at, ahead);
            let (low, high) = clock.bounds(at).unwrap();
            prop_assert!(low.as_nanosecond() <= truth && truth <= high.as_nanosecond());
            let ends = Timestamp::from_nanosecond(truth + i128::from(length)).unwrap();
            let left = clock.left(ends, at);
            prop_assert!(left <= Span::from_nanos(length));
            let uncertain = clock.uncertainty(at).unwrap();
            prop_assert!(left.as_nanos() + uncertain.as_nanos() >= length);
        }
    }
}

#[test]
fn answers_around_a_second_s_edge_tell_the_time_to_a_trip() {
    let ahead = 1_790_000_000_300_000_000;
    let mut clock = ServerClock::default();
    for step in 0..100 {
        clock.observe(answer(step * 37_000_000, 2_000_000, 1_000_000, ahead));
    }
    let uncertain = clock.uncertainty(100 * 37_000_000).unwrap();
    assert!(uncertain < Span::from_nanos(80_000_000), "{uncertain}");
}

#[test]
fn before_the_first_answer_nothing_is_left() {
    let clock = ServerClock::default();
    assert_eq!(clock.bounds(5), None);
    assert_eq!(clock.left(Timestamp::MAX, 5), Span::ZERO);
}

#[test]
fn a_clock_that_was_set_is_believed() {
    let (before, after) = (1_790_000_000_000_000_000, 1_790_003_600_000_000_000);
    let mut clock = ServerClock::default();
    clock.observe(answer(SECOND, 1_000_000, 500_000, before));
    clock.observe(answer(2 * SECOND, 1_000_000, 500_000, after));
    let (low, high) = clock.bounds(2 * SECOND).unwrap();
    let truth = server(2 * SECOND, after);
    assert!(low.as_nanosecond() <= truth && truth <= high.as_nanosecond());
}
