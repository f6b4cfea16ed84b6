//! What a new process makes of what an earlier one left.

use super::*;

#[test]
fn a_new_process_arms_no_plan_that_was_acknowledged() {
    let mut before = ledger();
    before.plan(Some(plan(4, &[("a", 30)], &["p"])));
    carry_out(&mut before, 0);
    let mut after = Ledger::restored(before.acknowledged().clone(), before.report(), nanos(3));
    after.halt(false);
    assert_eq!(stand(&after), ["p a: Ended AgentRestarted"]);
    after.plan(Some(plan(4, &[("a", 30), ("b", 30)], &["p"])));
    assert!(carry_out(&mut after, 1).is_empty());
    let lost = ["p a: Ended AgentRestarted", "p b: Ended AgentRestarted"];
    assert_eq!(stand(&after), lost);
    let receipt = after.report().pods[0].receipt.clone().unwrap();
    assert_eq!(
        (receipt.state, receipt.target.as_str()),
        (State::Ended, "pod/p")
    );
    after.plan(Some(plan(5, &[("a", 30)], &["p"])));
    assert_eq!(words(&carry_out(&mut after, 2)), ["bring a"]);
}

#[test]
fn the_account_goes_on_in_a_new_process_and_tells_the_gap() {
    let mut before = ledger();
    before.plan(Some(plan(4, &[("a", 30)], &["p"])));
    carry_out(&mut before, 0);
    before.receipts("uid-p", vec![receipt("a", 3)]);
    let mut after = Ledger::restored(before.acknowledged().clone(), before.report(), nanos(3));
    after.halt(false);
    after.plan(Some(plan(5, &[("a", 30)], &["p"])));
    carry_out(&mut after, 14);
    for matched in [5, 6] {
        after.receipts("uid-p", vec![receipt("a", matched)]);
    }
    let told = |ledger: &Ledger| {
        let receipt = ledger.report().pods[0].receipt.clone().unwrap();
        let counters = receipt.rules[0].counters;
        (receipt.state, counters.matched, receipt.interrupted)
    };
    assert_eq!(told(&after), (State::Active, 9, Span::from_secs(11)));
    after.bar("orders/a");
    carry_out(&mut after, 15);
    assert_eq!(told(&after), (State::Ended, 9, Span::from_secs(11)));
}

/// A plan for one pod under a fault that tells connections apart by when they began.
fn of_ages(sequence: i64, ends: i64) -> Plan {
    let mut plan = plan(sequence, &[("a", ends)], &["p"]);
    plan.body.faults[0].traffic.connections = chaos_api::Connections::Existing;
    plan
}

#[test]
fn a_new_process_does_not_arm_what_would_hit_other_connections_now() {
    let mut first = ledger();
    first.plan(Some(of_ages(1, 100)));
    carry_out(&mut first, 0);
    let report = first.report();
    let mut second = Ledger::restored(number(1), report, 0);
    second.halt(false);
    second.plan(Some(of_ages(2, 100)));
    assert_eq!(words(&carry_out(&mut second, 5)), [""; 0]);
    assert_eq!(stand(&second), ["p a: Ended SnapshotLost"]);
    second.plan(Some(of_ages(3, 200)));
    assert_eq!(words(&carry_out(&mut second, 6)), [""; 0], "it stays so");
}

#[test]
fn an_engine_that_broke_takes_what_it_knew_of_connections_with_it() {
    let mut ledger = ledger();
    ledger.plan(Some(of_ages(1, 100)));
    carry_out(&mut ledger, 0);
    let refusal = Refusal {
        reason: "EngineLost",
        message: "it broke".into(),
        starting: false,
    };
    ledger.lose("uid-p", &refusal, nanos(1));
    assert_eq!(stand(&ledger), ["p a: Ended SnapshotLost"]);
    assert_eq!(words(&carry_out(&mut ledger, 60)), [""; 0]);
}

#[test]
fn a_new_process_remembers_what_was_stopped_by_hand() {
    let mut before = ledger();
    before.plan(Some(plan(4, &[("a", 30)], &["p"])));
    carry_out(&mut before, 0);
    before.bar("orders/a");
    carry_out(&mut before, 1);
    let mut after = Ledger::restored(before.acknowledged().clone(), before.report(), nanos(3));
    after.halt(false);
    after.plan(Some(plan(5, &[("a", 30)], &["p"])));
    assert!(carry_out(&mut after, 2).is_empty());
    assert_eq!(stand(&after), ["p a: Ended Stopped"]);
}
