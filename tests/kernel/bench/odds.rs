//! What chance would give: how many hits, how far apart, and how they go together.

/// The narrowest counts around the middle that `trials` draws of probability `share` give with at
/// least this confidence, half of the rest on either side: the exact binomial distribution.
pub(crate) fn band(trials: u32, share: f64, confidence: f64) -> (u32, u32) {
    let odds = (share / (1.0 - share)).ln();
    let mut log = f64::from(trials) * (1.0 - share).ln();
    let (mut below, mut least) = (0.0, None);
    for count in 0..=trials {
        below += log.exp();
        if least.is_none() && below > (1.0 - confidence) / 2.0 {
            least = Some(count);
        }
        if below >= 1.0 - (1.0 - confidence) / 2.0 {
            return (least.unwrap_or(0), count);
        }
        log += f64::from(trials - count).ln() - f64::from(count + 1).ln() + odds;
    }
    (least.unwrap_or(0), trials)
}

/// How far each outcome goes together with the one `lag` later: the coefficient of autocorrelation.
#[expect(clippy::cast_precision_loss, reason = "thousands of outcomes")]
pub(crate) fn correlation(outcomes: &[bool], lag: usize) -> f64 {
    let value = |hit: &bool| f64::from(u8::from(*hit));
    let mean = outcomes.iter().map(value).sum::<f64>() / outcomes.len() as f64;
    let variance: f64 = outcomes.iter().map(|hit| (value(hit) - mean).powi(2)).sum();
    let pairs = outcomes.iter().zip(&outcomes[lag..]);
    let together: f64 = pairs
        .map(|(a, b)| (value(a) - mean) * (value(b) - mean))
        .sum();
    together / variance
}

/// How far the gaps between hits of probability `share` are from the geometric distribution: the sum
/// of chi-squared over gaps of 1 to `bins`, and longer ones.
#[expect(clippy::cast_precision_loss, reason = "thousands of gaps")]
pub(crate) fn gaps(outcomes: &[bool], share: f64, bins: usize) -> f64 {
    let hits = outcomes.iter().enumerate().filter(|(_, hit)| **hit);
    let hits: Vec<usize> = hits.map(|(at, _)| at).collect();
    let mut counts = vec![0_u32; bins + 1];
    for pair in hits.windows(2) {
        counts[(pair[1] - pair[0] - 1).min(bins)] += 1;
    }
    let all = (hits.len() - 1) as f64;
    let rest = |gap: usize| (1.0 - share).powi(i32::try_from(gap).expect("a few"));
    let due = |gap: usize| {
        all * if gap == bins {
            rest(gap)
        } else {
            rest(gap) * share
        }
    };
    let off = |(gap, count): (usize, &u32)| (f64::from(*count) - due(gap)).powi(2) / due(gap);
    counts.iter().enumerate().map(off).sum()
}
