//! Several receipts as one.

use chaos_api::{Block, EndReason, RuleCounters, Span};

use super::*;

fn receipt(pod: &str, state: State, matched: u64) -> Receipt {
    let moment = |second| jiff::Timestamp::from_second(second).ok();
    Receipt {
        name: "orders/cut".into(),
        faults: vec!["reset".into()],
        target: format!("pod/{pod}"),
        seed: 7,
        draw: chaos_api::Draw::Ordinal,
        state,
        reason: (state == State::Ended).then_some(EndReason::Stopped),
        started_at: moment(10),
        ends_at: moment(40),
        ended_at: moment(20).filter(|_| state == State::Ended),
        traffic_matched: matched > 0,
        connections_reset: matched,
        first_hit: None,
        last_hit: None,
        interrupted: Span::ZERO,
        rules: vec![RuleReceipt {
            fault: Block::Reset,
            traffic: "TCP".into(),
            counters: RuleCounters {
                matched,
                ..RuleCounters::default()
            },
        }],
        seen: Vec::new(),
        warnings: vec!["look".into()],
    }
}

#[test]
fn one_pod_s_receipt_stays_what_it_is() {
    let one = receipt("a", State::Active, 3);
    assert_eq!(merged(vec![one.clone()]), Some(one));
    assert_eq!(merged(Vec::new()), None);
}

#[test]
fn several_pods_add_up() {
    let all = [
        ("a", State::Ended),
        ("b", State::Active),
        ("c", State::Ended),
    ];
    let all = all.map(|(pod, state)| receipt(pod, state, 2));
    let sum = merged(all.into()).unwrap();
    assert_eq!(sum.target, "pod/a, pod/b, pod/c");
    assert_eq!(
        (sum.state, sum.reason, sum.ended_at),
        (State::Active, None, None)
    );
    assert_eq!(sum.connections_reset, 6);
    assert_eq!(sum.rules.len(), 1);
    assert_eq!(sum.rules[0].counters.matched, 6);
    assert_eq!(sum.warnings[1], "pod/b: look");
}

#[test]
fn a_fault_that_ended_in_all_pods_has_ended() {
    let pods = ["a", "b", "c", "d", "e", "f"];
    let all = pods.map(|pod| receipt(pod, State::Ended, 0));
    let sum = merged(all.into()).unwrap();
    assert_eq!(sum.target, "pod/a, pod/b, pod/c, pod/d and 2 more");
    assert_eq!(
        (sum.state, sum.reason),
        (State::Ended, Some(EndReason::Stopped))
    );
    assert!(!sum.traffic_matched);
}
