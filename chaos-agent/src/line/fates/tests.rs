//! Fates are those of single packets, however the stack bundles them.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "statistics of samples that are few"
)]

use chaos_abi::{LINE_RULES, LineHeader, NO_RULE};
use chaos_plan::{Apply, Chance, Delay, Loss, Per, Rate, Reorder, Shape, WHOLE};
use proptest::prelude::*;

use super::super::rules::{Flows, LineRule, LineRules};
use super::super::tally::{Tallies, Tally};
use super::super::wire::Segments;
use super::{Piece, pieces};

const FAR: u64 = 1 << 60;

/// Bytes of the headers and of the data of each packet here.
const HEADER: usize = 54;
const SIZE: usize = 1_000;

fn chance(percent: u64) -> Chance {
    Chance {
        share: WHOLE * percent / 100,
        correlation: 0,
    }
}

fn rules(shapes: impl IntoIterator<Item = Shape>) -> LineRules {
    let rule = |(slot, shape)| {
        (
            slot,
            LineRule {
                shape,
                seed: u64::from(slot) + 1,
                deadline: FAR,
                block: slot,
                by_flow: false,
            },
        )
    };
    (0..).zip(shapes).map(rule).collect()
}

fn header(rules: &LineRules, at: u64) -> LineHeader {
    let mut slots = [NO_RULE; LINE_RULES];
    slots
        .iter_mut()
        .zip(rules.keys())
        .for_each(|(slot, rule)| *slot = *rule);
    LineHeader {
        at,
        flow: 77,
        rules: slots,
        ..LineHeader::default()
    }
}

/// What becomes of `count` packets in frames of `bundle` each.
fn run(rules: &LineRules, count: usize, bundle: usize) -> (Vec<Vec<Piece>>, Tally) {
    let (mut flows, mut tallies) = (Flows::default(), Tallies::default());
    let segments = Segments::for_tests(bundle, HEADER, SIZE);
    let one = |frame: usize| {
        let header = header(rules, frame as u64);
        pieces(rules, &mut flows, &mut tallies, &header, (None, &segments))
    };
    let all = (0..count / bundle).map(one).collect();
    (all, tallies.0.get(&0).copied().unwrap_or_default())
}

/// Which packets come, and how often, altered or not.
fn packets(frames: &[Vec<Piece>], bundle: usize) -> Vec<(usize, u32, Option<u64>)> {
    let mut found = Vec::new();
    for (frame, pieces) in frames.iter().enumerate() {
        for piece in pieces {
            let all = piece.range.clone();
            found.extend(all.map(|at| (frame * bundle + at, piece.copies, piece.corrupt)));
        }
    }
    found
}

fn every_fault() -> Shape {
    Shape {
        loss: Some(Loss::Random(chance(5))),
        duplicate: Some(chance(5)),
        corrupt: Some(chance(5)),
        reorder: Some(Reorder {
            chance: chance(5),
            gap: 0,
        }),
        delay: Some(Delay::constant(1_000)),
        ..Shape::default()
    }
}

proptest! {
    #[test]
    fn a_bundle_changes_nothing(bundle in prop::sample::select(vec![1_usize, 2, 5, 40])) {
        let rules = rules([every_fault()]);
        let (single, told) = run(&rules, 4_000, 1);
        let (bundled, told_bundled) = run(&rules, 4_000, bundle);
        prop_assert_eq!(packets(&single, 1), packets(&bundled, bundle));
        prop_assert_eq!(told, told_bundled);
    }
}

#[test]
fn what_is_whole_stays_whole() {
    let (frames, _) = run(
        &rules([Shape {
            loss: Some(Loss::Nth(1_000)),
            ..Shape::default()
        }]),
        4_000,
        40,
    );
    let whole = frames
        .iter()
        .filter(|pieces| pieces.len() == 1 && pieces[0].range == (0..40));
    assert_eq!(whole.count(), 96);
    // Around the one that is lost at the end of its frame.
    assert!(matches!(&frames[24][..], [piece] if piece.range == (0..39)));
}

#[test]
fn each_fault_happens_as_often_as_was_said() {
    let (_, told) = run(&rules([every_fault()]), 100_000, 1);
    let left = told.drawn - told.lost;
    for (what, found, of) in [
        ("lost", told.lost, told.drawn),
        ("duplicated", told.duplicated, left),
        ("corrupted", told.corrupted, left),
        ("reordered", told.reordered, left),
    ] {
        let share = found as f64 / of as f64;
        assert!((share - 0.05).abs() < 0.0023, "{what}: {share}");
    }
}

#[test]
fn bursts_are_those_of_gilbert_and_elliott() {
    // Bad one packet in twenty, for four packets on average, in which three of four are lost.
    let loss = Loss::Gemodel {
        p: WHOLE / 80,
        r: WHOLE / 4,
        bad: WHOLE * 3 / 4,
        good: 0,
    };
    let (frames, told) = run(
        &rules([Shape {
            loss: Some(loss),
            ..Shape::default()
        }]),
        400_000,
        1,
    );
    let share = told.lost as f64 / told.drawn as f64;
    let bad = (1.0 / 80.0) / (1.0 / 80.0 + 0.25);
    assert!((share - bad * 0.75).abs() < 0.003, "{share}");
    // After one that was lost the state is bad still with 3/4, and then 3/4 are lost.
    let is_gone = |at: &usize| frames[*at].is_empty();
    let pairs = (0..frames.len() - 1).filter(is_gone);
    let both = pairs.clone().filter(|at| is_gone(&(at + 1))).count() as f64;
    let again = both / pairs.count() as f64;
    assert!((again - 0.5625).abs() < 0.01, "{again}");
}

#[test]
fn each_nth_is_lost() {
    let (frames, _) = run(
        &rules([Shape {
            loss: Some(Loss::Nth(7)),
            ..Shape::default()
        }]),
        70,
        1,
    );
    let lost: Vec<_> = (0..70).filter(|at| frames[*at].is_empty()).collect();
    assert_eq!(lost, (6..70).step_by(7).collect::<Vec<_>>());
}

#[test]
fn rules_add_their_delays_and_each_loses_its_own() {
    let delayed = |delay, share| Shape {
        delay: Some(Delay::constant(delay)),
        loss: Some(Loss::Random(chance(share))),
        ..Shape::default()
    };
    let (frames, told) = run(&rules([delayed(1_000, 50), delayed(200, 50)]), 40_000, 1);
    let passed: Vec<_> = frames.iter().flatten().collect();
    assert!(
        passed
            .iter()
            .all(|piece| piece.holds[0].delay + piece.holds[1].delay == 1_200)
    );
    let share = passed.len() as f64 / frames.len() as f64;
    assert!((share - 0.25).abs() < 0.01, "{share}");
    assert!((told.lost as f64 / 40_000.0 - 0.5).abs() < 0.01);
}

#[test]
fn the_lowest_rate_counts_and_bundles_are_spread() {
    let rate = |bits| Shape {
        rate: Some(Rate {
            bits,
            burst: 0,
            limit: 1 << 20,
            per: Per::Pod,
        }),
        ..Shape::default()
    };
    // 10 Mbit/s is 0.84 ms a packet of 1,054 bytes.
    let (frames, _) = run(&rules([rate(100_000_000), rate(10_000_000)]), 40, 40);
    assert_eq!(frames[0].len(), 40, "each for itself");
    let waits: Vec<u64> = frames[0]
        .iter()
        .map(|one| one.holds.iter().map(|hold| hold.wait).sum())
        .collect();
    assert!(waits.is_sorted());
    let asked = 39 * 1_054 * 8 * 100;
    assert!(
        waits[39].abs_diff(asked) <= 1_000_000,
        "{} of {asked} ns",
        waits[39]
    );
}

#[test]
fn a_gap_is_kept_between_those_that_overtake() {
    let reorder = Reorder {
        chance: chance(100),
        gap: 5,
    };
    let shape = Shape {
        reorder: Some(reorder),
        delay: Some(Delay::constant(9)),
        ..Shape::default()
    };
    let (frames, told) = run(&rules([shape]), 100, 1);
    let prompt: Vec<_> = (0..100)
        .filter(|at| frames[*at][0].holds[0].delay == 0)
        .collect();
    assert_eq!(prompt, (4..100).step_by(5).collect::<Vec<_>>());
    assert_eq!(told.reordered, 20);
}

#[test]
fn a_delay_for_syns_is_not_for_what_is_none() {
    let shape = Shape {
        apply: Apply::Syn,
        delay: Some(Delay::constant(9)),
        ..Shape::default()
    };
    let (frames, _) = run(&rules([shape]), 10, 1);
    assert!(
        frames
            .iter()
            .flatten()
            .all(|piece| piece.holds[0].delay == 0)
    );
}

#[test]
fn the_nth_connection_is_drawn_the_same_whatever_its_ports() {
    let rules = rules([every_fault()]);
    let series = |flows: [u64; 2], opened| {
        let (mut known, mut tallies) = (Flows::default(), Tallies::default());
        let segments = Segments::for_tests(1, HEADER, SIZE);
        let mut one = |flow, opened| {
            let header = LineHeader {
                flow,
                opened,
                ..header(&rules, 0)
            };
            pieces(&rules, &mut known, &mut tallies, &header, (None, &segments))
        };
        let both = |_| flows.map(|flow| one(flow, opened));
        (0..200).flat_map(both).collect::<Vec<_>>()
    };
    assert_eq!(series([1, 2], 0), series([77, 78], 0));
    // A SYN like the one before it is the same connection; of the same ports with another it is the
    // next one.
    assert_eq!(series([1, 2], 5), series([77, 78], 9));
    let first = series([1, 2], 0);
    assert_ne!(first[..2], first[2..4]);
}
