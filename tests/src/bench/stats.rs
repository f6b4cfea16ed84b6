//! Medians, percentiles, and samples that were taken in turns.

use std::time::Duration;

/// The sample that `percent` of the others lie below, the nearest one; NaN where there is none.
pub(crate) fn percentile(samples: &[f64], percent: usize) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let rank = (sorted.len().saturating_sub(1) * percent + 50) / 100;
    sorted.get(rank).copied().unwrap_or(f64::NAN)
}

/// The middle sample.
pub(crate) fn median(samples: &[f64]) -> f64 {
    percentile(samples, 50)
}

/// What each sample is to the one that was taken next to it.
pub(crate) fn ratios(samples: &[f64], baseline: &[f64]) -> Vec<f64> {
    let pairs = samples.iter().zip(baseline);
    pairs.map(|(own, other)| own / other).collect()
}

/// Milliseconds.
pub(crate) fn ms(span: Duration) -> f64 {
    span.as_secs_f64() * 1e3
}
