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

#[test]
fn what_fits_into_the_burst_to_the_byte_does_not_wait() {
    let rate = rate(8_000_000, 10_000, 100_000);
    let mut shaper = Shaper::default();
    assert_eq!(shaper.depart(&rate, 7, 9_999), Some(7));
    assert_eq!(shaper.depart(&rate, 7, 1), Some(7));
    assert_eq!(shaper.depart(&rate, 7, 1), Some(GRAIN));
    // 10,000 bytes are paid for in 10 ms, and no pause is worth more than one burst.
    let later = 3_600_000_000_000;
    assert_eq!(shaper.depart(&rate, later, 10_000), Some(later));
    assert!(shaper.depart(&rate, later, 1) > Some(later));
}

#[test]
fn a_packet_larger_than_the_burst_passes_but_the_next_one_pays_for_it() {
    let rate = rate(8_000_000, 100, 100_000);
    let mut shaper = Shaper::default();
    assert_eq!(shaper.depart(&rate, 0, 60_000), Some(0));
    let next = shaper.depart(&rate, 0, 100).expect("it has room");
    assert_eq!(next, 60_000_000, "60,000 bytes of 8 Mbit/s");
}

#[test]
fn the_queue_takes_one_more_while_no_more_than_its_limit_waits() {
    let rate = rate(8_000, 1_000, 2_000);
    let mut shaper = Shaper::default();
    for expected in [Some(0), Some(1), Some(2), Some(3), None, None] {
        let left = shaper.depart(&rate, 0, 1_000);
        assert_eq!(left, expected.map(|seconds| seconds * 1_000_000_000));
    }
    // It takes another one when no more than the limit waits before it.
    assert_eq!(shaper.depart(&rate, 999_999_999, 1_000), None);
    assert_eq!(
        shaper.depart(&rate, 1_000_000_000, 1_000),
        Some(4_000_000_000)
    );
    assert_eq!(shaper.depart(&rate, 1_000_000_000, 1_000), None);
}

#[test]
fn tiny_packets_pay_for_each_byte() {
    for (bits, bytes) in [
        (1_000, 1),
        (8_000, 60),
        (1_000_000_000, 60),
        (10_000_000_000, 64),
    ] {
        let rate = rate(bits, 0, 1 << 40);
        let mut shaper = Shaper::default();
        let count = 100_000;
        let last = (0..count)
            .filter_map(|_| shaper.depart(&rate, 0, bytes))
            .last();
        let asked = (count - 1) * bytes * 8 * 1_000_000 / bits * 1_000;
        let last = last.expect("they have room");
        assert!(
            last.abs_diff(asked) <= asked / 100 + GRAIN,
            "{last} for {asked}"
        );
    }
}

#[test]
fn another_rate_is_that_of_what_comes_next_behind_what_waits() {
    let (slow, fast) = (
        rate(8_000_000, 1_000, 1 << 20),
        rate(80_000_000, 1_000, 1 << 20),
    );
    let mut shaper = Shaper::default();
    let mut leaves = |rate: &Rate| shaper.depart(rate, 0, 1_000).expect("it has room");
    let before: Vec<_> = (0..11).map(|_| leaves(&slow)).collect();
    assert_eq!(before[10], 10_000_000, "a millisecond each");
    let faster: Vec<_> = (0..10).map(|_| leaves(&fast)).collect();
    assert!(faster[0] >= before[10], "none overtakes what waits");
    assert!(
        (11_500_000..=12_500_000).contains(&faster[9]),
        "a tenth of that: {faster:?}"
    );
    let slower: Vec<_> = (0..10).map(|_| leaves(&slow)).collect();
    assert!(
        (20_500_000..=22_500_000).contains(&slower[9]),
        "and back: {slower:?}"
    );
}

#[test]
fn a_lower_limit_drops_what_comes_next_and_keeps_what_waits() {
    let mut shaper = Shaper::default();
    let wide = rate(8_000_000, 1_000, 100_000);
    let waiting = (0..50)
        .filter_map(|_| shaper.depart(&wide, 0, 1_000))
        .count();
    assert_eq!(waiting, 50);
    let narrow = rate(8_000_000, 1_000, 5_000);
    assert_eq!(shaper.depart(&narrow, 0, 1_000), None);
    // 49 ms hold what waits, 5 ms the limit.
    assert_eq!(shaper.depart(&narrow, 43_000_000, 1_000), None);
    assert!(shaper.depart(&narrow, 45_000_000, 1_000).is_some());
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
