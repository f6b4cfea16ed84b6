//! The ledger against a small node.

mod restarts;

use chaos_api::{
    Enforcement, Faults, Probes, Receipt, RuleCounters, RuleReceipt, Span, State, Traffic,
};
use chaos_plan::{PlanBody, PlannedFault, PodPlan, ReportState};
use jiff::Timestamp;

use super::*;

const SECOND: u64 = 1_000_000_000;

/// Each fault by name and end, in each of the pods.
fn plan(sequence: i64, faults: &[(&str, i64)], pods: &[&str]) -> Plan {
    let planned = faults.iter().map(|(name, ends)| PlannedFault {
        id: id(name),
        faults: Faults {
            blackhole: Some(chaos_api::Blackhole::default()),
            ..Faults::default()
        },
        traffic: Traffic::default(),
        ends: time(*ends),
        seed: 7,
        draw: chaos_api::Draw::Ordinal,
        enforcement: Enforcement::Enforce,
        probes: Probes::Spare,
    });
    let indices: Vec<u32> = (0..).take(faults.len()).collect();
    let pods = pods.iter().map(|name| PodPlan {
        namespace: "orders".into(),
        name: (*name).into(),
        uid: format!("uid-{name}"),
        ips: Vec::new(),
        hash: None,
        faults: indices.clone(),
        probes: Vec::new(),
    });
    Plan {
        id: number(sequence),
        body: PlanBody {
            faults: planned.collect(),
            pods: pods.collect(),
            ..PlanBody::default()
        },
    }
}

fn id(name: &str) -> FaultId {
    FaultId {
        namespace: "orders".into(),
        name: name.into(),
        uid: format!("fault-{name}"),
    }
}

fn number(sequence: i64) -> PlanId {
    PlanId {
        epoch: 1,
        sequence,
        hash: "hash".into(),
    }
}

fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

/// What is left when the API server's clock shows `now` seconds.
fn at(now: i64) -> impl Fn(Timestamp) -> Span {
    move |ends| {
        let left = u64::try_from(ends.as_second() - now).unwrap_or(0);
        Span::from_secs(left)
    }
}

fn receipt(name: &str, matched: u64) -> Receipt {
    Receipt {
        name: format!("orders/{name}"),
        faults: vec!["blackhole".into()],
        target: "namespace 7".into(),
        seed: 7,
        draw: chaos_api::Draw::Ordinal,
        state: State::Active,
        reason: None,
        started_at: None,
        ends_at: None,
        ended_at: None,
        traffic_matched: matched > 0,
        connections_reset: 0,
        first_hit: None,
        last_hit: None,
        interrupted: Span::ZERO,
        rules: vec![RuleReceipt {
            fault: chaos_api::Block::Blackhole,
            traffic: "all".into(),
            counters: RuleCounters {
                matched,
                ..RuleCounters::default()
            },
        }],
        seen: Vec::new(),
        warnings: Vec::new(),
    }
}

/// A ledger that knows that nothing is stopped.
fn ledger() -> Ledger {
    let mut ledger = Ledger::default();
    ledger.halt(false);
    ledger
}

/// Does all that is due as an engine would that never fails; what it was told to do.
fn carry_out(ledger: &mut Ledger, now: i64) -> Vec<Action> {
    let mut all = Vec::new();
    for uid in ledger.due(nanos(now)) {
        let actions = ledger.next(&uid, nanos(now), at(now));
        if actions.is_empty() {
            ledger.looked_at(&uid);
            continue;
        }
        ledger.begin(&uid);
        let pod = ledger.pod(&uid).unwrap();
        for action in &actions {
            let said = match action.clone() {
                Action::Bring(order) | Action::Edit(order) => {
                    let receipt = receipt(&order.id.name, 0);
                    Said::Armed(order, Box::new(receipt))
                }
                Action::Stop(fault, reason) => Said::Ended(fault, reason, None),
            };
            ledger.note(&pod, said, nanos(now));
        }
        ledger.done(&uid);
        all.extend(actions);
    }
    ledger.acknowledge();
    all
}

fn nanos(now: i64) -> u64 {
    now.unsigned_abs() * SECOND
}

/// The actions in words.
fn words(actions: &[Action]) -> Vec<String> {
    let word = |action: &Action| match action {
        Action::Bring(order) => format!("bring {}", order.id.name),
        Action::Edit(order) => format!("edit {}", order.id.name),
        Action::Stop(fault, reason) => format!("stop {} {}", fault.name, reason.word()),
    };
    actions.iter().map(word).collect()
}

/// Where each fault stands, in words.
fn stand(ledger: &Ledger) -> Vec<String> {
    let word = |state: &ReportState| match state {
        ReportState::Armed => "Armed".into(),
        ReportState::Previewed => "Previewed".into(),
        ReportState::Refused { reason, .. } => format!("Refused {reason}"),
        ReportState::Ended { reason } => format!("Ended {}", reason.word()),
    };
    let report = ledger.report();
    let pods = report.pods.iter();
    pods.map(|pod| format!("{} {}: {}", pod.name, pod.fault.name, word(&pod.state)))
        .collect()
}

fn refuse(ledger: &mut Ledger, pod: &str, now: i64, starting: bool) {
    let uid = format!("uid-{pod}");
    let [Action::Bring(order)] = &ledger.next(&uid, nanos(now), at(now))[..] else {
        panic!("{pod} is not to be brought under anything");
    };
    let refusal = Refusal {
        reason: if starting {
            "NoProcess"
        } else {
            "TooManyRules"
        },
        message: String::new(),
        starting,
    };
    let pod = ledger.pod(&uid).unwrap();
    ledger.note(&pod, Said::Refused(order.clone(), refusal), nanos(now));
    ledger.looked_at(&uid);
}

#[test]
fn nothing_arms_before_it_is_known_whether_everything_is_stopped() {
    let mut ledger = Ledger::default();
    ledger.plan(Some(plan(1, &[("a", 30)], &["p"])));
    assert!(ledger.due(0).is_empty());
    ledger.acknowledge();
    assert_eq!(ledger.acknowledged(), &PlanId::default());
    ledger.halt(false);
    assert_eq!(words(&carry_out(&mut ledger, 0)), ["bring a"]);
    assert_eq!(ledger.acknowledged(), &number(1));
}

#[test]
fn a_plan_is_acknowledged_once_its_last_pod_is_done() {
    let mut ledger = ledger();
    ledger.plan(Some(plan(1, &[("a", 30)], &["p", "q"])));
    ledger.begin("uid-p");
    ledger.looked_at("uid-q");
    ledger.acknowledge();
    assert_eq!(ledger.acknowledged(), &PlanId::default());
    ledger.done("uid-p");
    ledger.acknowledge();
    assert_eq!(ledger.acknowledged(), &number(1));
    ledger.plan(Some(plan(2, &[], &[])));
    assert_eq!(ledger.acknowledged(), &number(1));
    carry_out(&mut ledger, 0);
    assert_eq!(ledger.acknowledged(), &number(2));
}

#[test]
fn a_pod_that_is_being_worked_on_is_looked_at_again_after_a_change() {
    let mut ledger = ledger();
    ledger.plan(Some(plan(1, &[("a", 30)], &["p"])));
    ledger.begin("uid-p");
    assert!(ledger.due(0).is_empty());
    ledger.plan(Some(plan(2, &[("a", 30), ("b", 30)], &["p"])));
    assert!(ledger.due(0).is_empty());
    ledger.done("uid-p");
    assert_eq!(ledger.due(0).len(), 1);
}

#[test]
fn engines_are_told_what_changes_and_nothing_else() {
    let mut ledger = ledger();
    ledger.plan(Some(plan(1, &[("a", 30), ("b", 30)], &["p"])));
    assert_eq!(words(&carry_out(&mut ledger, 0)), ["bring a", "bring b"]);
    ledger.plan(Some(plan(2, &[("a", 30), ("b", 30)], &["p"])));
    assert!(
        carry_out(&mut ledger, 9).is_empty(),
        "less time is left, that is all"
    );
    ledger.plan(Some(plan(3, &[("a", 60), ("c", 30)], &["p"])));
    let done = words(&carry_out(&mut ledger, 10));
    assert_eq!(done, ["stop b Stopped", "edit a", "bring c"]);
    ledger.plan(None);
    assert_eq!(
        words(&carry_out(&mut ledger, 30)),
        ["stop a Stopped", "stop c Expired"]
    );
}

#[test]
fn a_fault_whose_time_is_over_is_left_to_the_kernel() {
    let mut ledger = ledger();
    ledger.plan(Some(plan(1, &[("a", 30)], &["p"])));
    carry_out(&mut ledger, 0);
    ledger.plan(Some(plan(2, &[("a", 30), ("late", 20)], &["p"])));
    assert!(carry_out(&mut ledger, 31).is_empty());
    assert_eq!(stand(&ledger), ["p a: Armed"]);
}

#[test]
fn a_fault_that_expired_comes_back_with_a_later_end_only() {
    let mut ledger = ledger();
    ledger.plan(Some(plan(1, &[("a", 30)], &["p"])));
    carry_out(&mut ledger, 0);
    let pod = ledger.pod("uid-p").unwrap();
    let ended = Said::Ended(id("a"), EndReason::Expired, None);
    ledger.note(&pod, ended, nanos(29));
    ledger.plan(Some(plan(2, &[("a", 30)], &["p"])));
    assert!(carry_out(&mut ledger, 29).is_empty());
    ledger.plan(Some(plan(3, &[("a", 90)], &["p"])));
    assert_eq!(words(&carry_out(&mut ledger, 29)), ["bring a"]);
}

#[test]
fn a_halt_ends_everything_for_good() {
    let mut ledger = ledger();
    ledger.plan(Some(plan(1, &[("a", 30)], &["p"])));
    carry_out(&mut ledger, 0);
    ledger.halt(true);
    assert_eq!(words(&carry_out(&mut ledger, 1)), ["stop a Halted"]);
    ledger.plan(Some(plan(2, &[("a", 30), ("b", 30)], &["p"])));
    assert!(carry_out(&mut ledger, 2).is_empty());
    assert_eq!(stand(&ledger), ["p a: Ended Halted", "p b: Refused Halted"]);
    ledger.halt(false);
    assert!(carry_out(&mut ledger, 3).is_empty());
    ledger.plan(Some(plan(3, &[("c", 30)], &["p"])));
    assert_eq!(words(&carry_out(&mut ledger, 4)), ["bring c"]);
}

#[test]
fn what_was_stopped_by_hand_is_not_armed_again() {
    let mut ledger = ledger();
    ledger.plan(Some(plan(1, &[("a", 30)], &["p", "q"])));
    carry_out(&mut ledger, 0);
    assert_eq!(ledger.bar("orders/other"), None);
    assert_eq!(ledger.bar("orders/a"), Some(id("a")));
    assert!(ledger.is_held(&id("a")));
    let done = words(&carry_out(&mut ledger, 1));
    assert_eq!(done, ["stop a Stopped", "stop a Stopped"]);
    assert!(!ledger.is_held(&id("a")));
    assert_eq!(ledger.receipts_of(&id("a")).len(), 2);
    ledger.plan(Some(plan(2, &[("a", 60)], &["p", "q", "r"])));
    assert!(carry_out(&mut ledger, 2).is_empty());
    let all = [
        "p a: Ended Stopped",
        "q a: Ended Stopped",
        "r a: Refused Stopped",
    ];
    assert_eq!(stand(&ledger), all);
}

#[test]
fn a_pod_that_is_not_there_is_tried_again_until_the_plan_drops_it() {
    let mut ledger = ledger();
    ledger.plan(Some(plan(1, &[("a", 900)], &["p"])));
    refuse(&mut ledger, "p", 0, true);
    assert_eq!(stand(&ledger), ["p a: Refused NoProcess"]);
    let due = ledger.next_due().unwrap();
    assert_eq!(due, SECOND / 4);
    assert!(ledger.due(due - 1).is_empty());
    for now in 1..100 {
        refuse(&mut ledger, "p", now, true);
    }
    assert_eq!(words(&carry_out(&mut ledger, 101)), ["bring a"]);
    assert_eq!(ledger.next_due(), None);
    ledger.plan(Some(plan(2, &[("a", 900)], &["q"])));
    refuse(&mut ledger, "q", 102, false);
    ledger.plan(None);
    carry_out(&mut ledger, 103);
    assert_eq!(stand(&ledger), ["p a: Ended Stopped"]);
    assert_eq!(ledger.next_due(), None);
}

#[test]
fn a_pod_that_went_is_met_again_in_its_next_network() {
    let mut ledger = ledger();
    ledger.plan(Some(plan(1, &[("a", 30)], &["p"])));
    carry_out(&mut ledger, 0);
    let pod = ledger.pod("uid-p").unwrap();
    let gone = Said::Ended(id("a"), EndReason::TargetGone, None);
    ledger.note(&pod, gone, nanos(1));
    assert!(ledger.due(nanos(1)).is_empty());
    refuse(&mut ledger, "p", 2, true);
    assert_eq!(stand(&ledger), ["p a: Ended TargetGone"]);
    assert_eq!(words(&carry_out(&mut ledger, 3)), ["bring a"]);
}

#[test]
fn an_engine_that_broke_is_opened_again() {
    let mut ledger = ledger();
    ledger.plan(Some(plan(1, &[("a", 30)], &["p"])));
    carry_out(&mut ledger, 0);
    let refusal = Refusal {
        reason: "EngineLost",
        message: String::new(),
        starting: false,
    };
    ledger.lose("uid-p", &refusal, nanos(1));
    assert_eq!(stand(&ledger), ["p a: Refused EngineLost"]);
    assert!(carry_out(&mut ledger, 1).is_empty());
    assert_eq!(words(&carry_out(&mut ledger, 2)), ["bring a"]);
}

#[test]
fn an_account_that_a_controller_has_read_is_let_go_of_sooner() {
    let mut ledger = ledger();
    ledger.plan(Some(plan(1, &[("a", 30)], &["p"])));
    carry_out(&mut ledger, 0);
    ledger.plan(Some(plan(2, &[], &[])));
    carry_out(&mut ledger, 1);
    assert!(!ledger.prune(nanos(10)));
    assert!(!ledger.prune(nanos(40)), "no plan has come since");
    ledger.plan(Some(plan(3, &[("b", 90)], &["p"])));
    carry_out(&mut ledger, 41);
    assert!(ledger.prune(nanos(50)));
    assert_eq!(stand(&ledger), ["p b: Armed"]);
}

#[test]
fn an_account_is_kept_for_a_while_after_the_plan_dropped_it() {
    let mut ledger = ledger();
    ledger.plan(Some(plan(1, &[("a", 30)], &["p"])));
    carry_out(&mut ledger, 0);
    ledger.bar("orders/a");
    carry_out(&mut ledger, 1);
    assert!(!ledger.prune(nanos(1_000)), "the plan has it");
    ledger.plan(None);
    carry_out(&mut ledger, 1_000);
    assert!(!ledger.prune(nanos(1_001)));
    assert!(!ledger.prune(nanos(1_300)));
    assert!(ledger.prune(nanos(1_301)));
    assert!(stand(&ledger).is_empty());
}

#[test]
fn a_receipt_is_news_when_a_counter_moved() {
    let mut ledger = ledger();
    ledger.plan(Some(plan(1, &[("a", 30)], &["p"])));
    carry_out(&mut ledger, 0);
    assert!(!ledger.receipts("uid-p", vec![receipt("a", 0)]));
    assert!(ledger.receipts("uid-p", vec![receipt("a", 3)]));
    assert!(!ledger.receipts("uid-p", vec![receipt("a", 3)]));
    assert!(!ledger.receipts("uid-p", vec![receipt("other", 9)]));
    let told = ledger.report().pods[0].receipt.clone().unwrap();
    assert_eq!(told.rules[0].counters.matched, 3);
}
