//! What must be looked at again though nobody changes anything.

use std::collections::BTreeMap;

use chaos_api::{ConditionType, NetworkFaultStatus};
use chaos_plan::{Answer, FaultView, aggregate, next_change, place};
use jiff::Timestamp;

use crate::town::{fault, later, now, settings, started, town};

const ALL: &str = "mode: All, faults: {reset: {}}";

fn next(fault: &FaultView, answers: &BTreeMap<String, Answer>, at: Timestamp) -> Option<Timestamp> {
    let placement = place(std::slice::from_ref(fault), &town(), &settings(), at);
    next_change(fault, &placement.verdicts[&fault.id], answers, at)
}

fn status(
    fault: &FaultView,
    answers: &BTreeMap<String, Answer>,
    at: Timestamp,
) -> NetworkFaultStatus {
    let placement = place(std::slice::from_ref(fault), &town(), &settings(), at);
    aggregate(fault, &placement.verdicts[&fault.id], answers, at)
}

fn running() -> FaultView {
    started(fault("a", ALL), &["orders-0", "orders-1", "orders-2"])
}

/// Node `n2` was asked at this time.
fn asked(at: Timestamp) -> BTreeMap<String, Answer> {
    let answer = Answer {
        asked: Some(at),
        ..Answer::default()
    };
    BTreeMap::from([("n2".to_owned(), answer)])
}

#[test]
fn a_fault_in_force_is_looked_at_when_answers_are_overdue_and_when_it_ends() {
    let (fault, none) = (running(), BTreeMap::new());
    assert_eq!(next(&fault, &none, later(1)), Some(later(10)));
    assert_eq!(next(&fault, &none, later(10)), Some(later(30)));
    assert_eq!(next(&fault, &none, later(30)), None);
}

#[test]
fn a_node_that_was_asked_later_has_its_own_time() {
    let (fault, answers) = (running(), asked(later(12)));
    assert_eq!(next(&fault, &answers, later(13)), Some(later(22)));
    let silent = |at| {
        let status = status(&fault, &answers, at);
        status
            .condition(ConditionType::Degraded)
            .unwrap()
            .message
            .clone()
    };
    assert_eq!(silent(later(21)), "no answer from n1, n3");
    assert_eq!(silent(later(22)), "no answer from n1, n2, n3");
}

#[test]
fn a_fault_that_cannot_start_is_looked_at_when_it_may_not_any_more() {
    let words = "mode: All, faults: {reset: {}}, traffic: {peers: [{service: {name: none}}]}";
    let (waiting, none) = (fault("a", words), BTreeMap::new());
    let after = next(&waiting, &none, now()).unwrap();
    assert!(later(60) < after && after < later(61));
    let words = format!("{words}, startBefore: \"{}\"", later(5));
    let waiting = fault("a", &words);
    let after = next(&waiting, &none, now()).unwrap();
    assert!(later(5) < after && after < later(6));
    let late = status(&waiting, &none, after);
    let accepted = late.condition(ConditionType::Accepted).unwrap();
    assert_eq!(accepted.reason, "StartedTooLate");
    assert_eq!(next(&waiting, &none, after), None);
}
