//! Verdicts: which rules judge, what each says, and which one acts.

use core::cmp::Reverse;

use chaos_abi::{Action, CERTAIN, Rule, RuleSet};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{Case, Fate, Hit, lowest};

fn rule(action: u16, deadline: u64, threshold: u64) -> Rule {
    Rule {
        deadline,
        seed: 1,
        threshold,
        action,
        ..Rule::default()
    }
}

/// The case of a packet that matches these rules.
fn case(set: RuleSet, now: u64, leased: bool) -> Case {
    let mut case = Case::default();
    case.matched.set = set.0;
    let words = (0..).zip(&set.0).filter(|(_, word)| **word != 0);
    case.matched.words = words.fold(0, |words, (at, _)| words | 1 << at);
    case.open(now, leased);
    case
}

/// What a rule means at `now` for a packet that it matches.
fn fate(rule: &Rule, now: u64) -> Fate {
    case(RuleSet::EMPTY, now, true).fate(rule)
}

fn sets() -> impl Strategy<Value = RuleSet> {
    let sparse = vec(0_u16..1024, 0..9).prop_map(|slots| slots.into_iter().collect());
    prop_oneof![sparse, any::<[u64; 16]>().prop_map(RuleSet)]
}

proptest! {
    #[test]
    fn each_rule_of_a_set_judges_once_in_order(set in sets()) {
        let mut case = case(set, 0, true);
        let judged: Vec<u32> = core::iter::from_fn(|| case.next_rule()).collect();
        let due: Vec<u32> = set.iter().map(u32::from).collect();
        prop_assert_eq!(judged, due);
        prop_assert_eq!(case.next_rule(), None);
    }

    #[test]
    fn the_lowest_bit_is_found_without_an_instruction_for_it(set in any::<u64>()) {
        prop_assert_eq!(lowest(set), set.trailing_zeros());
    }

    #[test]
    fn the_strongest_acts_and_of_equals_the_lowest_rank(
        hits in vec((any::<bool>(), any::<u16>()), 0..64),
    ) {
        let action = |strong| if strong { Action::Blackhole } else { Action::Reset };
        let hits: Vec<Hit> = (0..).zip(hits)
            .map(|(slot, (strong, rank))| Hit { action: action(strong), rank, slot })
            .collect();
        let mut case = Case::default();
        let mut losers: Vec<u32> = hits.iter().filter_map(|hit| case.hit(*hit)).collect();
        let acting = hits.iter().copied().min_by_key(|hit| (Reverse(hit.action), hit.rank, hit.slot));
        prop_assert_eq!(case.acting(), acting);
        losers.sort_unstable();
        let others = hits.iter().filter(|hit| Some(**hit) != acting);
        let due: Vec<u32> = others.map(|hit| hit.slot).collect();
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
fn a_reject_rule_lets_on_what_is_no_attempt() {
    let reject = rule(Action::Reject.word(), 100, CERTAIN);
    assert_eq!(fate(&reject, 0), Fate::LetThrough);
    let mut datagram = case(RuleSet::EMPTY, 0, true);
    datagram.packet.flow.protocol = 17;
    assert_eq!(datagram.fate(&reject), Fate::Hit(Action::Reject));
}

#[test]
fn a_rule_leaves_alone_what_its_fault_spares_while_it_is_in_force() {
    let spared_by = |slot: u16, deadline| Rule {
        spared_by: slot + 1,
        ..rule(Action::Reset.word(), deadline, CERTAIN)
    };
    let met: RuleSet = [3, 63, 64, 1023].into_iter().collect();
    let before = case(met, 50, true);
    for slot in [3, 63, 64, 1023] {
        assert_eq!(before.fate(&spared_by(slot, 100)), Fate::Spared, "{slot}");
    }
    for slot in [0, 2, 4, 62, 65, 128, 1022] {
        let hit = Fate::Hit(Action::Reset);
        assert_eq!(before.fate(&spared_by(slot, 100)), hit, "{slot}");
    }
    assert_eq!(before.fate(&spared_by(3, 50)), Fate::Expired);
    assert_eq!(case(met, 50, false).fate(&spared_by(3, 100)), Fate::Lapsed);
    let mut after = before;
    while after.next_rule().is_some() {}
    assert_eq!(
        after.fate(&spared_by(64, 100)),
        Fate::Spared,
        "after others"
    );
}

#[test]
fn a_rule_stands_in_its_block_of_four() {
    let mut case = Case::default();
    case.matched.rules = 34;
    let places = [0, 3, 4, 1023].map(|slot| case.place(slot).1);
    assert_eq!(places, [34, 34, 35, 34 + 255]);
}

#[test]
fn an_unknown_word_is_void_whatever_else_the_slot_holds() {
    for action in [0, 5, u16::MAX] {
        assert_eq!(fate(&rule(action, 0, CERTAIN), 1), Fate::Void);
        assert_eq!(fate(&rule(action, 100, CERTAIN), 1), Fate::Void);
    }
}

#[test]
fn opening_a_case_forgets_the_last_one() {
    let mut case = case([1, 2, 70].into_iter().collect(), 5, true);
    case.hit(Hit {
        action: Action::Blackhole,
        rank: 0,
        slot: 1,
    });
    assert_eq!(case.next_rule(), Some(1));
    case.matched.words = 0b10;
    case.open(6, false);
    assert_eq!((case.acting(), case.now), (None, 6));
    assert_eq!((case.next_rule(), case.next_rule()), (Some(70), None));
}
