//! Plans: each once, in order, repaired, and renewed for an agent that was started anew.

use std::collections::BTreeSet;

use chaos_api::EndReason;
use chaos_control::ledger::{Job, Term};
use chaos_control::mirror::Mirror;
use chaos_control::views::ShownPlan;
use chaos_plan::ReportState;
use jiff::Timestamp;
use serde_json::json;

use crate::town::{Town, body, node, plans, put_pod, shown};

const RESTARTED: ReportState = ReportState::Ended {
    reason: EndReason::AgentRestarted,
};

/// The first plan among these.
fn plan(jobs: &[Job]) -> Job {
    jobs.iter()
        .find(|job| matches!(job, Job::Plan { .. }))
        .unwrap()
        .clone()
}

#[test]
fn every_linux_node_gets_a_plan_and_a_report_and_then_there_is_rest() {
    let mut town = Town::new();
    town.mirror.put_node(
        "w1",
        Some(&{
            let mut windows = node("w1", "uid-w1");
            windows
                .status
                .as_mut()
                .unwrap()
                .node_info
                .as_mut()
                .unwrap()
                .operating_system = "windows".into();
            windows
        }),
    );
    let jobs = town.jobs();
    let nodes: Vec<_> = jobs.iter().map(Job::target).collect();
    assert_eq!(nodes.len(), 4, "{nodes:?}");
    assert!(plans(&jobs).iter().all(|(_, body)| body.is_empty()));
    assert!(town.jobs().is_empty(), "they are under way");
    town.write_all(jobs);
    assert!(town.jobs().is_empty());
    town.pass(60_000);
    assert!(town.jobs_by_time().is_empty());
}

#[test]
fn plans_come_first_and_the_status_waits_for_them() {
    let mut town = Town::new();
    town.settle();
    town.ask("a", &json!({}));
    let jobs = town.jobs();
    let found = plans(&jobs);
    assert_eq!((found.len(), jobs.len()), (2, 2));
    assert_eq!(found[0].1.pods[0].name, "web-n1");
    town.pass(100);
    assert!(
        town.jobs().is_empty(),
        "no status before the plans are there"
    );
    town.write_all(jobs);
    let status = town.jobs();
    assert!(matches!(&status[..], [Job::Status { status, .. }] if status.pods == "0/2"));
}

#[test]
fn what_was_written_is_not_written_again_while_the_watch_lags() {
    let mut town = Town::new();
    town.settle();
    town.ask("a", &json!({}));
    for job in town.jobs() {
        town.ledger.wrote(&town.mirror, job, true, town.now);
    }
    assert!(plans(&town.jobs()).is_empty());
    town.pass(4_900);
    assert!(plans(&town.jobs()).is_empty());
    town.pass(200);
    assert_eq!(
        plans(&town.jobs()).len(),
        2,
        "the watch is believed in the end"
    );
}

#[test]
fn a_plan_that_is_gone_or_altered_or_has_another_owner_is_written_again() {
    let mut town = Town::new();
    town.settle();
    town.mirror.put_plan("n1", None);
    town.mirror.put_plan("n2", Some(ShownPlan::default()));
    let jobs = town.jobs();
    assert_eq!(plans(&jobs).len(), 2);
    town.write_all(jobs);
    town.mirror.put_node("n1", Some(&node("n1", "uid-new")));
    let jobs = town.jobs();
    let [
        Job::Plan { owner: plan, .. },
        Job::Report { owner: report, .. },
    ] = &jobs[..]
    else {
        panic!("{jobs:?}");
    };
    assert_eq!([plan, report], ["uid-new"; 2]);
}

#[test]
fn a_text_that_does_not_have_its_hash_is_written_again() {
    let mut town = Town::new();
    let jobs = town.jobs();
    let Job::Plan { node, spec, .. } = plan(&jobs) else {
        panic!("no plan");
    };
    let mut forged = chaos_api::NodePlan::new(&node, spec.clone());
    forged.spec.plan = "{\"spread\":1}".into();
    assert_eq!(ShownPlan::of(&forged).mark.id.hash, "");
    assert_ne!(shown(&node, "x", &spec).mark.id.hash, "");
}

#[test]
fn a_write_that_fails_is_tried_again_later_and_later() {
    let mut town = Town::new();
    town.settle();
    town.mirror.put_plan("n1", None);
    for wait in [50, 100, 200, 400, 800, 1_600, 2_000, 2_000] {
        let job = plan(&town.jobs());
        town.ledger.wrote(&town.mirror, job, false, town.now);
        town.pass(wait - 1);
        assert!(town.jobs().is_empty(), "before {wait} ms");
        let (_, due) = town.ledger.wake(&town.mirror, town.now);
        town.pass(1);
        assert_eq!(due, Some(town.now.local));
    }
}

#[test]
fn a_node_with_nothing_more_to_do_gets_an_empty_plan() {
    let mut town = Town::new();
    town.ask("a", &json!({}));
    town.settle();
    town.mirror.put_fault("shop/a", None);
    let jobs = town.jobs();
    let found = plans(&jobs);
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|(_, body)| body.is_empty()));
    assert_eq!(town.ledger.take_deleted().len(), 1);
}

#[test]
fn an_agent_that_was_started_anew_gets_a_later_plan_once() {
    let mut town = Town::new();
    town.settle();
    town.ask("a", &json!({}));
    let jobs = town.jobs();
    let first = plan(&jobs);
    town.write_all(jobs);
    town.answer("n1", &first, &ReportState::Armed);
    assert!(plans(&town.jobs()).is_empty());
    town.answer("n1", &first, &RESTARTED);
    let jobs = town.jobs();
    let second = plan(&jobs);
    let (Job::Plan { spec: old, .. }, Job::Plan { spec: new, .. }) = (&first, &second) else {
        panic!("no plans");
    };
    assert!(new.id().is_after(&old.id()) && new.hash == old.hash);
    assert_eq!(body(new).faults[0].ends, body(old).faults[0].ends);
    town.write_all(jobs);
    town.answer("n1", &second, &RESTARTED);
    assert!(plans(&town.jobs()).is_empty(), "it has other reasons");
    town.answer("n1", &second, &ReportState::Armed);
    town.settle();
    town.answer("n1", &second, &RESTARTED);
    assert_eq!(
        plans(&town.jobs()).len(),
        1,
        "it was started anew once more"
    );
}

#[test]
fn a_later_plan_has_a_higher_number_whatever_the_node_has_seen() {
    let now = Timestamp::from_millisecond(1_000).unwrap();
    let mut term = Term::begin(now);
    assert_eq!(term.next(0), (1_000, 1));
    assert_eq!(term.next(1_000), (1_000, 2));
    assert_eq!(term.next(5_000), (5_001, 3));
    assert_eq!(term.next(0), (1_000, 4), "other nodes keep their epoch");
    assert_eq!(term.next(i64::MAX).0, i64::MAX);
}

#[test]
fn plans_follow_the_pods() {
    let mut town = Town::new();
    town.ask("a", &json!({"dynamic": true}));
    town.settle();
    put_pod(&mut town.mirror, "web-new", "n2");
    let jobs = town.jobs();
    let found = plans(&jobs);
    let names: BTreeSet<_> = found[0].1.pods.iter().map(|pod| pod.name.clone()).collect();
    assert_eq!((found.len(), found[0].0, names.len()), (1, "n2", 2));
    town.write_all(jobs);
    town.mirror.put_pod("shop/web-new", None);
    town.mirror.put_pod("shop/web-n1", None);
    let jobs = town.jobs();
    assert_eq!(plans(&jobs).len(), 2);
}

#[test]
fn what_changes_no_plan_is_not_planned_for() {
    let mut mirror = Mirror::new("netfault-system");
    put_pod(&mut mirror, "web", "n1");
    assert!(mirror.take_changed().intent);
    put_pod(&mut mirror, "web", "n1");
    assert!(!mirror.take_changed().any());
    mirror.put_pod("shop/other", None);
    assert!(!mirror.take_changed().any());
}
