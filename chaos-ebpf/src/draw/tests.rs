//! Draws: as fair as their threshold says, and the same wherever they are made.

use chaos_abi::{CERTAIN, Direction, Flow, Rule};
use proptest::prelude::*;

use super::{Losses, drawn, hash, lost};

fn rule(seed: u64, threshold: u64) -> Rule {
    Rule {
        seed,
        threshold,
        ..Rule::default()
    }
}

/// A client's n-th connection to a server: neighbours differ in a port alone.
fn flow(n: u32) -> Flow {
    let [first, second, high, low] = n.to_be_bytes();
    Flow {
        local: chaos_abi::mapped([10, first, second, 1]),
        peer: chaos_abi::mapped([10, 0, 0, 2]),
        local_port: [high, low],
        peer_port: 4222_u16.to_be_bytes(),
        protocol: 6,
        _pad: [0; 3],
    }
}

/// Whether `hits` of `trials` are within five standard deviations of a share.
fn fair(hits: usize, trials: u32, share: f64) -> bool {
    let trials = f64::from(trials);
    let deviation = (trials * share * (1.0 - share)).sqrt();
    let hits = f64::from(u32::try_from(hits).unwrap());
    (hits - trials * share).abs() < 5.0 * deviation
}

fn hits(rule: &Rule, trials: u32) -> usize {
    (0..trials).filter(|n| drawn(rule, hash(&flow(*n)))).count()
}

proptest! {
    #[test]
    fn a_certain_rule_hits_all_and_one_at_zero_none(seed in any::<u64>(), hash in any::<u64>()) {
        prop_assert!(drawn(&rule(seed, CERTAIN), hash));
        prop_assert!(!drawn(&rule(seed, 0), hash));
    }

    #[test]
    fn a_larger_share_hits_what_a_smaller_one_does(
        seed in any::<u64>(), hash in any::<u64>(), one in 0..=CERTAIN, other in 0..=CERTAIN,
    ) {
        let (less, more) = (one.min(other), one.max(other));
        prop_assert!(!drawn(&rule(seed, less), hash) || drawn(&rule(seed, more), hash));
    }
}

#[test]
fn each_share_is_hit() {
    for (share, threshold) in [
        (0.001, CERTAIN / 1000),
        (0.3, CERTAIN * 3 / 10),
        (0.5, CERTAIN / 2),
        (0.99, CERTAIN * 99 / 100),
    ] {
        for seed in [0, 1, u64::MAX] {
            let hits = hits(&rule(seed, threshold), 100_000);
            assert!(
                fair(hits, 100_000, share),
                "{hits} of 100000 at {share}, seed {seed}"
            );
        }
    }
}

#[test]
fn packets_are_drawn_one_by_one_and_each_way_for_itself() {
    let rule = rule(7, CERTAIN / 2);
    let of = |connection, way, n: u32| lost(&rule, connection, way, u64::from(n));
    for (connection, way) in [
        (1, Direction::Egress),
        (2, Direction::Egress),
        (1, Direction::Ingress),
    ] {
        let alone = (0..100_000).filter(|n| of(connection, way, *n)).count();
        assert!(fair(alone, 100_000, 0.5), "{alone} of 100000");
        let with_first = |n: &u32| of(connection, way, *n) && of(1, Direction::Egress, n + 1);
        let both = (0..100_000).filter(with_first).count();
        assert!(fair(both, 100_000, 0.25), "{both} of 100000");
    }
}

#[test]
fn a_block_draws_a_packet_once() {
    let mut losses = Losses::default();
    let blocks = [0, 1, 63, 64, 700, 1023];
    for round in 0..2 {
        for (n, block) in blocks.into_iter().enumerate() {
            assert_eq!(losses.of(block), None);
            losses.note(block, n % 2 == round);
        }
        for (n, block) in blocks.into_iter().enumerate() {
            assert_eq!(losses.of(block), Some(n % 2 == round));
        }
        assert_eq!(losses.of(2), None);
        losses.clear();
    }
}

#[test]
fn rules_of_different_seeds_draw_for_themselves() {
    let (one, other) = (rule(1, CERTAIN / 2), rule(2, CERTAIN / 2));
    let both = |n: &u32| drawn(&one, hash(&flow(*n))) && drawn(&other, hash(&flow(*n)));
    let hits = (0..100_000).filter(both).count();
    assert!(fair(hits, 100_000, 0.25), "{hits} of 100000");
}

#[test]
fn every_bit_of_a_flow_moves_every_bit_of_its_hash() {
    const FLOWS: u32 = 400;
    let bits = (size_of::<Flow>() - 3) * 8;
    for bit in 0..bits {
        let mut moved = [0; 64];
        for n in 0..FLOWS {
            let flow = flow(n);
            let mut bytes = *bytemuck::bytes_of(&flow).first_chunk::<40>().unwrap();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let change = hash(&flow) ^ hash(bytemuck::from_bytes(&bytes));
            for (out, moved) in moved.iter_mut().enumerate() {
                *moved += usize::from(change >> out & 1 == 1);
            }
        }
        for (out, moved) in moved.iter().enumerate() {
            assert!(
                fair(*moved, FLOWS, 0.5),
                "bit {bit} moves bit {out} {moved} times"
            );
        }
    }
}

/// A seed that is written down must choose the same connections in the next version.
#[test]
fn a_hash_is_the_same_in_every_build() {
    assert_eq!(hash(&Flow::default()), 0x78ae_5a9a_6b5f_d45e);
    assert_eq!(hash(&flow(40_000)), 0xaffb_60e9_7973_f287);
}
