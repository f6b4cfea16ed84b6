//! Verdicts: which rules judge, what each says, and which one acts.

use chaos_abi::{Action, Bank, CERTAIN, Rule, RuleSet};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{Case, Fate, Hit, Matched, lowest};

fn rule(action: u32, deadline: u64, threshold: u64) -> Rule {
    Rule {
        deadline,
        seed: 1,
        threshold,
        action,
        _pad: 0,
    }
}

fn acting(rules: RuleSet) -> Matched {
    Matched {
        acting: rules,
        ..Matched::default()
    }
}

/// What a rule in slot 5 means at `now` for a packet that it matches.
fn fate(rule: &Rule, now: u64) -> Fate {
    let mut case = Case::default();
    case.open(acting(1 << 5), now, true);
    case.fate(5, rule)
}

proptest! {
    #[test]
    fn each_rule_of_a_set_judges_once_in_order(
        set in prop_oneof![any::<u64>(), any::<u64>().prop_map(|s| s & s >> 1 & s >> 2), (0_u32..64).prop_map(|n| 1 << n)],
    ) {
        let mut case = Case::default();
        case.open(acting(set), 0, true);
        let judged: Vec<u32> = core::iter::from_fn(|| case.next_rule()).collect();
        let due: Vec<u32> = (0..64).filter(|slot| set >> slot & 1 == 1).collect();
        prop_assert_eq!(judged, due);
        prop_assert_eq!(case.next_rule(), None);
    }

    #[test]
    fn the_lowest_bit_is_found_without_an_instruction_for_it(set in any::<u64>()) {
        prop_assert_eq!(lowest(set), set.trailing_zeros());
    }

    #[test]
    fn the_strongest_acts_and_of_equals_the_first(strong in vec(any::<bool>(), 0..64)) {
        let mut case = Case::default();
        case.open(acting(u64::MAX), 0, true);
        let action = |strong| if strong { Action::Blackhole } else { Action::Reset };
        let hits = (0..).zip(&strong).map(|(slot, strong)| Hit { action: action(*strong), slot });
        let mut losers: Vec<u32> = hits.clone().filter_map(|hit| case.hit(hit)).collect();
        let first_strong = hits.clone().find(|hit| hit.action == Action::Blackhole);
        let acting = first_strong.or_else(|| hits.clone().next());
        prop_assert_eq!(case.acting(), acting);
        losers.sort_unstable();
        let due: Vec<u32> = hits.filter(|hit| Some(*hit) != acting).map(|hit| hit.slot).collect();
        prop_assert_eq!(losers, due, "each of the others loses once");
    }
}

#[test]
fn an_empty_set_has_no_lowest_bit() {
    assert_eq!(lowest(0), 64);
    assert_eq!(Case::default().next_rule(), None);
}

#[test]
fn a_rule_lives_until_its_deadline() {
    let rule = rule(Action::Reset.word(), 100, CERTAIN);
    assert_eq!(fate(&rule, 99), Fate::Hit(Action::Reset));
    assert_eq!(fate(&rule, 100), Fate::Expired);
    assert_eq!(fate(&rule, u64::MAX), Fate::Expired);
}

#[test]
fn a_rule_lets_pass_what_it_does_not_draw() {
    let blackhole = Action::Blackhole.word();
    assert_eq!(fate(&rule(blackhole, 100, 0), 0), Fate::Undrawn);
    assert_eq!(
        fate(&rule(blackhole, 100, CERTAIN), 0),
        Fate::Hit(Action::Blackhole)
    );
}

#[test]
fn a_rule_that_spares_is_heard_once_and_before_the_others() {
    let mut case = Case::default();
    let matched = Matched {
        acting: 0b1001,
        sparing: 0b0110,
        bank: Bank::B,
    };
    case.open(matched, 0, true);
    let heard: Vec<_> = core::iter::from_fn(|| case.next_sparing()).collect();
    assert_eq!(heard, [(Bank::B, 1), (Bank::B, 2)]);
    let judging: Vec<_> = core::iter::from_fn(|| case.next_rule()).collect();
    assert_eq!(judging, [0, 3]);
}

#[test]
fn a_rule_leaves_alone_what_its_fault_spares_while_it_is_in_force() {
    let rule = |deadline| rule(Action::Reset.word(), deadline, CERTAIN);
    let spared = |leased| {
        let mut case = Case::default();
        case.open(acting(u64::MAX), 50, leased);
        case.spare(1 << 5);
        case.spare(1 << 63);
        case
    };
    let case = spared(true);
    assert_eq!(
        [5, 63].map(|slot| case.fate(slot, &rule(100))),
        [Fate::Spared; 2]
    );
    assert_eq!(case.fate(6, &rule(100)), Fate::Hit(Action::Reset));
    assert_eq!(case.fate(5, &rule(50)), Fate::Expired);
    assert_eq!(spared(false).fate(5, &rule(100)), Fate::Lapsed);
}

#[test]
fn an_unknown_word_is_void_whatever_else_the_slot_holds() {
    for action in [0, 3, u32::MAX] {
        assert_eq!(fate(&rule(action, 0, CERTAIN), 1), Fate::Void);
        assert_eq!(fate(&rule(action, 100, CERTAIN), 1), Fate::Void);
    }
}

#[test]
fn opening_a_case_forgets_the_last_one() {
    let mut case = Case::default();
    case.open(acting(3), 5, true);
    case.spare(u64::MAX);
    case.hit(Hit {
        action: Action::Blackhole,
        slot: 1,
    });
    case.open(acting(8), 6, false);
    assert_eq!((case.acting(), case.now, case.spared), (None, 6, 0));
    assert_eq!((case.next_rule(), case.next_rule()), (Some(3), None));
}
