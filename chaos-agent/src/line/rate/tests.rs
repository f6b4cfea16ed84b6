//! A shaper sends what its rate says, in order, and drops what its queue has no room for.

use chaos_plan::{Per, Rate};
use proptest::prelude::*;

use super::{GRAIN, Shaper};

fn rate(bits: u64, burst: u64, limit: u64) -> Rate {
    Rate {
        bits,
        burst,
        limit,
        per: Per::Pod,
    }
}

#[test]
fn twice_the_rate_comes_out_at_the_rate() {
    for (bits, bytes) in [(10_000_000, 1_514), (100_000_000, 1_514), (20_000_000, 142)] {
        let rate = rate(bits, 1_514, 50_000);
        let mut shaper = Shaper::default();
        let gap = bytes * 8 * 1_000_000_000 / bits / 2;
        let end = 10_000_000_000;
        let left = (0..end / gap)
            .filter_map(|number| shaper.depart(&rate, number * gap, bytes))
            .filter(|at| *at < end);
        let sent = left.count() as u64 * bytes * 8;
        let asked = bits * 10;
        assert!(sent.abs_diff(asked) < asked / 100, "{sent} of {asked} bits");
    }
}

#[test]
fn a_burst_passes_at_once_and_then_no_more() {
    let rate = rate(8_000_000, 10_000, 100_000);
    let mut shaper = Shaper::default();
    let at_once = (0..20)
        .filter_map(|_| shaper.depart(&rate, 7, 1_000))
        .filter(|at| *at == 7);
    assert_eq!(at_once.count(), 10);
}

#[test]
fn a_full_queue_takes_nothing() {
    let rate = rate(8_000_000, 1_000, 5_000);
    let mut shaper = Shaper::default();
    let taken = (0..100)
        .filter_map(|_| shaper.depart(&rate, 0, 1_000))
        .count();
    // One that passes, those that wait, and the one that fills the queue.
    assert!((6..=8).contains(&taken), "{taken}");
}

proptest! {
    #[test]
    fn none_leaves_before_one_that_came_before_it(
        packets in prop::collection::vec((0_u64..3_000_000, 60_u64..1_600), 1..200),
        bits in 100_000_u64..1_000_000_000,
    ) {
        let (rate, mut shaper) = (rate(bits, 3_000, 1 << 30), Shaper::default());
        let (mut now, mut latest) = (0, 0);
        for (gap, bytes) in packets {
            now += gap;
            let leaves = shaper.depart(&rate, now, bytes).expect("it has room");
            prop_assert!(leaves >= now && leaves >= latest);
            prop_assert!(leaves == now || leaves % GRAIN == 0 || leaves == latest);
            latest = leaves;
        }
    }
}
