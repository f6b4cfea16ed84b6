//! How long packets are to be held, and whether samples were.

use std::time::Duration;

use super::stats::{Spread, critical, deviation, distance};
use super::{Sample, delays, is_in_order};

/// The law of a delay, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Law {
    Constant(u32),
    /// Mean and standard deviation.
    Normal(u32, u32),
    /// Mean and what is added or taken at most.
    Uniform(u32, u32),
}

impl Law {
    /// The block of a fault that asks for it.
    pub(crate) fn words(self) -> String {
        let (jitter, distribution) = match self {
            Self::Constant(latency) => return format!("delay: {{latency: {latency}ms}}"),
            Self::Normal(_, jitter) => (jitter, "Normal"),
            Self::Uniform(_, jitter) => (jitter, "Uniform"),
        };
        let latency = self.latency().as_millis();
        format!("delay: {{latency: {latency}ms, jitter: {jitter}ms, distribution: {distribution}}}")
    }

    /// Longer than any packet is held.
    pub(crate) fn longest(self) -> Duration {
        self.latency() + self.deviation().map_or(Duration::ZERO, |one| one * 6)
    }

    fn latency(self) -> Duration {
        let (Self::Constant(latency) | Self::Normal(latency, _) | Self::Uniform(latency, _)) = self;
        Duration::from_millis(latency.into())
    }

    /// The standard deviation, of those that have one.
    fn deviation(self) -> Option<Duration> {
        match self {
            Self::Constant(_) => None,
            Self::Normal(_, jitter) => Some(Duration::from_millis(jitter.into())),
            Self::Uniform(_, jitter) => {
                Some(Duration::from_millis(jitter.into()).div_f64(3_f64.sqrt()))
            }
        }
    }

    /// The share that is held for at most so many seconds.
    fn cdf(self, at: f64) -> f64 {
        let latency = self.latency().as_secs_f64();
        match self {
            Self::Constant(_) => f64::from(u8::from(at >= latency)),
            Self::Normal(_, jitter) => gauss((at - latency) / (f64::from(jitter) / 1e3)),
            Self::Uniform(_, jitter) => {
                let width = f64::from(jitter) / 1e3 * 2.0;
                ((at - latency) / width + 0.5).clamp(0.0, 1.0)
            }
        }
    }

    /// Whether so many samples were held by this law, as 999 of 1,000 runs would show; panics where one
    /// is lost, early or overtaken.
    #[track_caller]
    pub(crate) fn held(self, what: &str, samples: &[Sample], count: u32) -> Result<(), String> {
        assert_eq!(samples.len(), count as usize, "{what}: none is lost");
        let (sorted, latency) = (delays(samples), self.latency());
        let tolerance = (latency / 50).max(Duration::from_millis(1));
        let off = distance(&sorted, tolerance, |at| self.cdf(at));
        let late = Spread::beyond(latency, &sorted);
        let mut told = format!("{what}: KS distance {off:.4}, beyond the latency {late}");
        let mut is_near = off < critical(sorted.len());
        if let Some(asked) = self.deviation() {
            let ratio = deviation(&sorted) / asked.as_secs_f64();
            told = format!("{told}, standard deviation {ratio:.3} of what was said");
            is_near &= (0.93..1.07).contains(&ratio);
        } else {
            assert!(is_in_order(samples), "{told}: their order stays");
            let first = sorted[0] + Duration::from_micros(1);
            assert!(first >= latency, "{told}: none is early: {first:?}");
        }
        eprintln!("{told}");
        is_near.then_some(()).ok_or(told)
    }
}

/// The normal distribution, to a ten-millionth (Abramowitz and Stegun, 7.1.26).
fn gauss(z: f64) -> f64 {
    let x = z.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let powers = [
        0.254_829_592,
        -0.284_496_736,
        1.421_413_741,
        -1.453_152_027,
        1.061_405_429,
    ];
    let series = powers.iter().rev().fold(0.0, |sum, one| (sum + one) * t);
    let erf = 1.0 - series * (-x * x).exp();
    0.5 * (1.0 + erf.copysign(z))
}
