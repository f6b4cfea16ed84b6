//! Verdicts: which rules judge, what each says, and which one acts.

use chaos_abi::{Action, CERTAIN, Rule};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{Case, Fate, Hit, fate, lowest};

fn rule(action: u32, deadline: u64, threshold: u64) -> Rule {
    Rule {
        deadline,
        seed: 1,
        threshold,
        action,
        _pad: 0,
    }
}

proptest! {
    #[test]
    fn each_rule_of_a_set_judges_once_in_order(
        set in prop_oneof![any::<u64>(), any::<u64>().prop_map(|s| s & s >> 1 & s >> 2), (0_u32..64).prop_map(|n| 1 << n)],
    ) {
        let mut case = Case::default();
        case.open(set, 0, true);
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
        case.open(u64::MAX, 0, true);
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
    assert_eq!(fate(&rule, 7, 99), Fate::Hit(Action::Reset));
    assert_eq!(fate(&rule, 7, 100), Fate::Expired);
    assert_eq!(fate(&rule, 7, u64::MAX), Fate::Expired);
}

#[test]
fn a_rule_spares_what_it_does_not_draw() {
    let blackhole = Action::Blackhole.word();
    assert_eq!(fate(&rule(blackhole, 100, 0), 7, 0), Fate::Spared);
    assert_eq!(
        fate(&rule(blackhole, 100, CERTAIN), 7, 0),
        Fate::Hit(Action::Blackhole)
    );
}

#[test]
fn an_unknown_word_is_void_whatever_else_the_slot_holds() {
    for action in [0, 3, u32::MAX] {
        assert_eq!(fate(&rule(action, 0, CERTAIN), 7, 1), Fate::Void);
        assert_eq!(fate(&rule(action, 100, CERTAIN), 7, 1), Fate::Void);
    }
}

#[test]
fn opening_a_case_forgets_the_last_one() {
    let mut case = Case::default();
    case.open(3, 5, true);
    case.hit(Hit {
        action: Action::Blackhole,
        slot: 1,
    });
    case.open(8, 6, false);
    assert_eq!((case.acting(), case.leased(), case.now), (None, false, 6));
    assert_eq!((case.next_rule(), case.next_rule()), (Some(3), None));
}
