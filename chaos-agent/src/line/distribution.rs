//! What jitter adds to a delay.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a delay of a minute has 36 bits, and what is less than nothing saturates"
)]

use std::f64::consts::TAU;

use chaos_plan::{Delay, Distribution, splitmix64};

use super::draws::{Draws, Purpose};

/// Where netem's tables end, in jitters: 32,768 / 8,192.
const END: f64 = 4.0;
/// One jitter in a table of netem's.
const TABLE_UNIT: f64 = 8192.0;

/// The next delay of a flow, in nanoseconds.
pub(super) fn delay(delay: &Delay, draws: &mut Draws) -> u64 {
    if delay.jitter == 0 {
        return delay.latency;
    }
    let number = draws.next(Purpose::Delay, delay.correlation);
    let jitter = delay.jitter as f64 * deviation(&delay.distribution, number);
    // Saturates: less than nothing is nothing.
    (delay.latency as f64 + jitter) as u64
}

/// The shortest delay that may be drawn, in nanoseconds.
pub(super) fn least(delay: &Delay) -> u64 {
    let below = match delay.distribution {
        Distribution::Uniform => 1.0,
        _ => END,
    };
    (delay.latency as f64 - delay.jitter as f64 * below) as u64
}

/// A value of a distribution with mean 0, in jitters, for a number out of all of 64 bits.
pub(super) fn deviation(distribution: &Distribution, number: u64) -> f64 {
    let value = match distribution {
        Distribution::Uniform => 2.0 * unit(number) - 1.0,
        Distribution::Normal => normal(number),
        Distribution::Pareto => pareto(number),
        Distribution::ParetoNormal => 0.25 * normal(splitmix64(number)) + 0.75 * pareto(number),
        Distribution::Table(table) => entry(table, number),
    };
    value.clamp(-END, END)
}

/// Box's and Muller's transform ("A note on the generation of random normal deviates", 1958) of the
/// two halves.
fn normal(number: u64) -> f64 {
    let (radius, angle) = (unit(number), unit(number << 32));
    (-2.0 * radius.ln()).sqrt() * (TAU * angle).cos()
}

/// Pareto with shape 3 has a mean of 3/2; netem scales it by 4/3 (`pareto.c` of iproute2).
fn pareto(number: u64) -> f64 {
    (unit(number).powf(-1.0 / 3.0) - 1.5) * 4.0 / 3.0
}

fn entry(table: &[i16], number: u64) -> f64 {
    let at = (u128::from(number) * table.len() as u128) >> 64;
    let value = table.get(usize::try_from(at).unwrap_or(usize::MAX));
    f64::from(value.copied().unwrap_or(0)) / TABLE_UNIT
}

/// A number between 0 and 1, neither of them, from the upper 52 bits.
fn unit(number: u64) -> f64 {
    ((number >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
}

#[cfg(test)]
mod tests;
