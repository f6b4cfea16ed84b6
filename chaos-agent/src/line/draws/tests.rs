//! Draws are fair, whatever their correlation, and the same each time.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "statistics of samples that are few"
)]

use chaos_plan::{Chance, WHOLE};

use super::{Draws, Purpose};

const COUNT: usize = 200_000;

fn hits(share: u64, correlation: u64) -> Vec<bool> {
    let chance = Chance { share, correlation };
    let mut draws = Draws::new(7, 9, 1);
    (0..COUNT)
        .map(|_| draws.happens(Purpose::Loss, &chance))
        .collect()
}

fn rate(hits: &[bool]) -> f64 {
    hits.iter().filter(|hit| **hit).count() as f64 / hits.len() as f64
}

fn correlation(hits: &[bool], lag: usize) -> f64 {
    let mean = rate(hits);
    let value = |hit: &bool| f64::from(u8::from(*hit)) - mean;
    let pairs = hits.iter().zip(&hits[lag..]);
    let covariance: f64 = pairs.map(|(one, other)| value(one) * value(other)).sum();
    covariance / (hits.len() - lag) as f64 / (mean * (1.0 - mean))
}

#[test]
fn a_share_is_kept_and_neighbours_know_nothing_of_each_other() {
    for percent in [1, 10, 50, 99] {
        let hits = hits(WHOLE * percent / 100, 0);
        let (asked, band) = (percent as f64 / 100.0, 3.3);
        let deviation = (asked * (1.0 - asked) / COUNT as f64).sqrt();
        assert!(
            (rate(&hits) - asked).abs() < band * deviation,
            "{percent} %: {}",
            rate(&hits)
        );
        for lag in 1..38 {
            let found = correlation(&hits, lag);
            assert!(
                found.abs() < 4.0 / (COUNT as f64).sqrt(),
                "lag {lag}: {found}"
            );
        }
    }
}

#[test]
fn a_correlation_is_kept_and_so_is_the_share() {
    let hits = hits(WHOLE / 4, WHOLE / 4);
    // Neighbours are alike, so the share is less certain: by (1 + c) / (1 - c).
    let deviation = (0.25 * 0.75 / COUNT as f64 * 1.25 / 0.75).sqrt();
    assert!(
        (rate(&hits) - 0.25).abs() < 3.3 * deviation,
        "{}",
        rate(&hits)
    );
    for (lag, asked) in [(1, 0.25), (2, 0.0625), (3, 0.015_625)] {
        let found = correlation(&hits, lag);
        assert!((found - asked).abs() < 0.012, "lag {lag}: {found}");
    }
}

#[test]
fn the_same_seed_draws_the_same_and_another_flow_does_not() {
    let series = |seed, flow, direction| {
        let mut draws = Draws::new(seed, flow, direction);
        (0..64)
            .map(|_| draws.next(Purpose::Delay, 0))
            .collect::<Vec<_>>()
    };
    assert_eq!(series(1, 2, 0), series(1, 2, 0));
    let others = [series(1, 2, 1), series(1, 3, 0), series(2, 2, 0)];
    assert!(others.iter().all(|other| *other != series(1, 2, 0)));
}
