//! What is held comes out when it is due and in order, whatever becomes of its rules meanwhile.

use chaos_abi::LINE_RULES;
use chaos_plan::{Delay, Shape};
use proptest::prelude::*;

use super::super::hold::{Hold, due};
use super::super::rules::{LineRule, LineRules};
use super::super::wire::{Frame, Offload};
use super::Queue;

const FAR: u64 = 1 << 60;

fn frame(number: u32) -> Frame {
    Frame {
        bytes: number.to_be_bytes().into(),
        offload: Offload::default(),
    }
}

fn holds(rule: u16, delay: u64, deadline: u64) -> [Hold; LINE_RULES] {
    let mut holds = [Hold::NONE; LINE_RULES];
    holds[0] = Hold {
        delay,
        delays: true,
        ..Hold::by(rule, deadline)
    };
    holds
}

fn rules(rule: u16, latency: u64) -> LineRules {
    let shape = Shape {
        delay: Some(Delay::constant(latency)),
        ..Shape::default()
    };
    [(
        rule,
        LineRule {
            shape,
            seed: 1,
            deadline: FAR,
            block: 0,
            by_flow: false,
        },
    )]
    .into()
}

fn drain(queue: &mut Queue, now: u64) -> Vec<u32> {
    let numbers = std::iter::from_fn(|| queue.take(now));
    numbers
        .map(|held| u32::from_be_bytes(held.frame.bytes[..].try_into().unwrap()))
        .collect()
}

proptest! {
    #[test]
    fn a_constant_delay_keeps_the_order(gaps in prop::collection::vec(0_u64..1_000, 1..100)) {
        let mut queue = Queue::new(1 << 20);
        let mut at = 0;
        for (number, gap) in (0..).zip(&gaps) {
            at += gap;
            queue.hold(at, holds(3, 5_000, FAR), 0, frame(number));
        }
        prop_assert!(drain(&mut queue, 4_999).is_empty());
        let all: Vec<u32> = (0..).take(gaps.len()).collect();
        prop_assert_eq!(drain(&mut queue, at + 5_000), all);
        prop_assert_eq!((queue.len(), queue.bytes), (0, 0));
    }

    #[test]
    fn nothing_is_held_beyond_the_deadlines_of_its_rules(
        delays in prop::collection::vec((0_u64..10_000, 0_u64..10_000), LINE_RULES),
        at in 0_u64..10_000,
    ) {
        let mut holds = [Hold::NONE; LINE_RULES];
        for (number, (delay, deadline)) in delays.iter().enumerate() {
            holds[number] = Hold { delay: *delay, ..Hold::by(0, *deadline) };
        }
        // Time step by step: due when those whose deadline is still to come add up to less.
        let left = |now: u64| -> u64 {
            delays.iter().filter(|(_, deadline)| now < *deadline).map(|(delay, _)| delay).sum()
        };
        let slow = (at..=FAR).find(|now| at + left(*now) <= *now).unwrap();
        prop_assert_eq!(due(at, &holds), slow);
    }
}

#[test]
fn what_a_rule_held_that_is_no_more_goes_at_once_and_in_order() {
    let mut queue = Queue::new(1 << 20);
    for number in 0..10 {
        let rule = u16::try_from(number % 2).unwrap();
        queue.hold(u64::from(number), holds(rule, 1_000, FAR), 0, frame(number));
    }
    let mut freed = Vec::new();
    queue.renew(&rules(1, 1_000), |rule| freed.push(rule));
    assert_eq!(freed, [0; 5]);
    assert_eq!(drain(&mut queue, 10), [0, 2, 4, 6, 8]);
    assert_eq!(drain(&mut queue, 2_000), [1, 3, 5, 7, 9]);
}

#[test]
fn an_edited_delay_is_that_of_what_is_held() {
    let mut queue = Queue::new(1 << 20);
    queue.hold(0, holds(1, 1_000, FAR), 0, frame(0));
    queue.renew(&rules(1, 50), |_| panic!("the rule is there"));
    assert_eq!(queue.next_due(), Some(50));
    queue.renew(&rules(1, 5_000), |_| panic!("the rule is there"));
    assert_eq!(queue.next_due(), Some(5_000));
}

#[test]
fn its_memory_has_an_end() {
    let mut queue = Queue::new(10_000);
    let mut taken = 0;
    while queue.has_room(4) {
        queue.hold(0, holds(1, 1, FAR), 0, frame(taken));
        taken += 1;
    }
    assert!(
        (20..100).contains(&taken),
        "{taken} frames of 4 bytes in 10,000"
    );
    assert!(queue.bytes <= 10_000);
}
