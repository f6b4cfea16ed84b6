//! How long nothing is due that was not handed over yet.

use chaos_plan::{Apply, Chance, Delay, Distribution, Reorder, Shape};

use super::{Earliest, LineRule, LineRules};

const NOW: u64 = 5_000;
const FAR: u64 = 1 << 60;

fn rules(shapes: impl IntoIterator<Item = (Shape, u64)>) -> LineRules {
    let rule = |(shape, deadline)| LineRule {
        shape,
        seed: 1,
        deadline,
        block: 0,
        by_flow: false,
    };
    (1..).zip(shapes.into_iter().map(rule)).collect()
}

fn nothing_due(rules: &LineRules, now: u64) -> u64 {
    Earliest::of(rules).after(now)
}

fn delay(delay: Delay) -> Shape {
    Shape {
        delay: Some(delay),
        ..Shape::default()
    }
}

fn jitter(latency: u64, jitter: u64, distribution: Distribution) -> Shape {
    delay(Delay {
        jitter,
        distribution,
        ..Delay::constant(latency)
    })
}

#[test]
fn of_all_rules_the_shortest_delay_counts_and_no_deadline_is_missed() {
    let [long, short] = [900, 700].map(|latency| delay(Delay::constant(latency)));
    let both = || [(long.clone(), FAR), (short.clone(), FAR)];
    assert_eq!(nothing_due(&rules(both()), NOW), 700);
    let ends = both().map(|(shape, _)| (shape, NOW + 300));
    assert_eq!(nothing_due(&rules(ends), NOW), 300);
    let over = both().map(|(shape, _)| (shape, NOW - 1));
    assert_eq!(nothing_due(&rules(over), NOW), 0);
}

#[test]
fn jitter_may_shorten_it() {
    let least = |shape| nothing_due(&rules([(shape, FAR)]), NOW);
    assert_eq!(least(jitter(1_000, 200, Distribution::Uniform)), 800);
    assert_eq!(least(jitter(1_000, 200, Distribution::Normal)), 200);
    assert_eq!(least(jitter(1_000, 500, Distribution::Normal)), 0);
}

#[test]
fn what_may_go_at_once_is_always_due() {
    let held = delay(Delay::constant(1_000));
    let chance = Chance {
        share: 1,
        correlation: 0,
    };
    let [payload, syn] = [Apply::Payload, Apply::Syn].map(|apply| Shape {
        apply,
        ..held.clone()
    });
    let overtaken = Shape {
        reorder: Some(Reorder { chance, gap: 1 }),
        ..held.clone()
    };
    for shape in [payload, syn, overtaken, Shape::default()] {
        let rules = rules([(shape.clone(), FAR), (held.clone(), FAR)]);
        assert_eq!(nothing_due(&rules, NOW), 0, "{shape:?}");
    }
    assert_eq!(nothing_due(&LineRules::new(), NOW), 0);
}
