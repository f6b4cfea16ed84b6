//! Medians, percentiles, and samples that were taken in turns.

use std::time::Duration;

/// The value below which `share` of the samples lie, by nearest rank; NaN where there is none.
pub(crate) fn percentile(samples: &[f64], share: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let below = sorted.len().saturating_sub(1) as f64 * share;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank below the number of samples"
    )]
    let rank = below.round() as usize;
    sorted.get(rank).copied().unwrap_or(f64::NAN)
}

/// The middle sample.
pub(crate) fn median(samples: &[f64]) -> f64 {
    percentile(samples, 0.5)
}

/// The median of what each sample is to the one that was taken next to it.
pub(crate) fn ratio(samples: &[f64], baseline: &[f64]) -> f64 {
    let pairs = samples.iter().zip(baseline);
    median(&pairs.map(|(a, b)| a / b).collect::<Vec<_>>())
}

/// Milliseconds.
pub(crate) fn ms(span: Duration) -> f64 {
    span.as_secs_f64() * 1e3
}
