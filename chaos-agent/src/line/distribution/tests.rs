//! Delays have the distribution that was asked for.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "statistics of samples that are few"
)]

use chaos_plan::{Delay, Distribution, splitmix64};

use super::{Draws, delay, deviation};

const COUNT: u64 = 200_000;

fn values(distribution: &Distribution) -> Vec<f64> {
    let mut values: Vec<f64> = (0..COUNT)
        .map(|number| deviation(distribution, splitmix64(number)))
        .collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The distance of a sample to a distribution (Kolmogorov and Smirnov).
fn distance(sorted: &[f64], cdf: impl Fn(f64) -> f64) -> f64 {
    let count = sorted.len() as f64;
    let one = |(at, value): (usize, &f64)| {
        let asked = cdf(*value);
        ((at + 1) as f64 / count - asked).max(asked - at as f64 / count)
    };
    sorted.iter().enumerate().map(one).fold(0.0, f64::max)
}

/// What one sample in a thousand exceeds.
fn critical() -> f64 {
    1.95 / (COUNT as f64).sqrt()
}

fn moments(values: &[f64]) -> (f64, f64) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let square = values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>();
    (mean, (square / values.len() as f64).sqrt())
}

#[test]
fn uniform_is_equally_often_everywhere() {
    let off = distance(&values(&Distribution::Uniform), |at| at.midpoint(1.0));
    assert!(off < critical(), "{off}");
}

#[test]
fn normal_has_the_moments_and_quantiles_of_gauss() {
    let values = values(&Distribution::Normal);
    let (mean, deviation) = moments(&values);
    assert!(
        mean.abs() < 0.01 && (deviation - 1.0).abs() < 0.01,
        "{mean} {deviation}"
    );
    // Quantiles of the standard normal distribution.
    for (share, asked) in [
        (0.05, -1.645),
        (0.25, -0.674),
        (0.5, 0.0),
        (0.75, 0.674),
        (0.975, 1.960),
    ] {
        let found = values[(share * COUNT as f64) as usize];
        assert!((found - asked).abs() < 0.03, "{share}: {found} for {asked}");
    }
}

#[test]
fn pareto_is_that_of_netem() {
    let cdf = |at: f64| 1.0 - (at * 0.75 + 1.5).powi(-3);
    let all = values(&Distribution::Pareto);
    let cut: Vec<f64> = all
        .iter()
        .copied()
        .take_while(|value| *value < 4.0)
        .collect();
    let within = cut.len() as f64 / COUNT as f64;
    let off = distance(&cut, |at| cdf(at) / cdf(4.0));
    assert!(
        off < critical() && (within - cdf(4.0)).abs() < 0.002,
        "{off} {within}"
    );
    assert!(all.iter().all(|value| (-0.667..=4.0).contains(value)));
}

#[test]
fn pareto_normal_is_three_quarters_of_one_and_a_quarter_of_the_other() {
    let (pareto, _) = moments(&values(&Distribution::Pareto));
    let (mean, deviation) = moments(&values(&Distribution::ParetoNormal));
    assert!((mean - 0.75 * pareto).abs() < 0.02, "{mean}");
    assert!((0.5..1.0).contains(&deviation), "{deviation}");
}

#[test]
fn a_table_has_each_of_its_values_as_often() {
    let table = Distribution::Table([-8192, 0, 4096, 32_767].into());
    let values = values(&table);
    for value in [-1.0, 0.0, 0.5, 32_767.0 / 8192.0] {
        let share = values
            .iter()
            .filter(|found| (**found - value).abs() < 1e-9)
            .count() as f64
            / COUNT as f64;
        assert!((share - 0.25).abs() < 0.005, "{value}: {share}");
    }
}

#[test]
fn less_than_nothing_is_nothing_and_no_jitter_is_exact() {
    let mut draws = Draws::new(1, 1, 0);
    let wide = Delay {
        latency: 1_000,
        jitter: 1_000_000,
        correlation: 0,
        distribution: Distribution::Normal,
    };
    let delays: Vec<u64> = (0..1_000).map(|_| delay(&wide, &mut draws)).collect();
    assert!(delays.iter().filter(|delay| **delay == 0).count() > 400);
    assert!((0..100).all(|_| delay(&Delay::constant(12_345), &mut draws) == 12_345));
}
