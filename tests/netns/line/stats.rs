//! Whether samples are what was asked for.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "statistics of samples that are few"
)]

use std::fmt;
use std::time::Duration;

/// The Kolmogorov–Smirnov distance of sorted samples to a distribution, where each sample may be off
/// by `tolerance`: none of it counts.
pub(crate) fn distance(samples: &[Duration], tolerance: Duration, cdf: impl Fn(f64) -> f64) -> f64 {
    let (count, off) = (samples.len() as f64, tolerance.as_secs_f64());
    let one = |(number, sample): (usize, &Duration)| {
        let at = sample.as_secs_f64();
        let too_early = (number + 1) as f64 / count - cdf(at + off);
        let too_late = cdf(at - off) - number as f64 / count;
        too_early.max(too_late)
    };
    samples.iter().enumerate().map(one).fold(0.0, f64::max)
}

/// The distance that samples of that distribution exceed once in a thousand times.
pub(crate) fn critical(count: usize) -> f64 {
    (-(0.001_f64 / 2.0).ln() / 2.0 / count as f64).sqrt()
}

/// The standard deviation of samples, in seconds.
pub(crate) fn deviation(samples: &[Duration]) -> f64 {
    let (count, sum) = (samples.len() as f64, samples.iter().sum::<Duration>());
    let mean = sum.as_secs_f64() / count;
    let square = |sample: &Duration| (sample.as_secs_f64() - mean).powi(2);
    (samples.iter().map(square).sum::<f64>() / count).sqrt()
}

/// Two quantiles.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread {
    pub(crate) half: Duration,
    pub(crate) most: Duration,
}

impl Spread {
    /// The median and the 99th percentile of sorted samples, beyond `from`.
    pub(crate) fn beyond(from: Duration, samples: &[Duration]) -> Self {
        let at = |share: usize| samples[(samples.len() - 1) * share / 100].saturating_sub(from);
        Self {
            half: at(50),
            most: at(99),
        }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p50 {:?} p99 {:?}", self.half, self.most)
    }
}
