//! Statuses: at once where something happened, rarely where only counters moved, and by time alone
//! where nobody answers.

use chaos_api::{ConditionType, FaultState, Halt, Reason};
use chaos_control::ledger::Job;
use chaos_plan::ReportState;
use serde_json::json;

use crate::town::{Town, at, put_agent};

/// A town in which a fault is in force in all its pods, told or not.
fn armed() -> Town {
    let mut town = Town::new();
    town.settle();
    town.ask("a", &json!({}));
    for job in town.jobs() {
        town.write(job.clone());
        if let Job::Plan { node, .. } = &job {
            town.answer(node, &job, &ReportState::Armed);
        }
    }
    town
}

/// The only status among these.
fn status(jobs: Vec<Job>) -> chaos_api::NetworkFaultStatus {
    let statuses = jobs.into_iter().filter_map(|job| match job {
        Job::Status { status, .. } => Some(*status),
        _ => None,
    });
    let statuses: Vec<_> = statuses.collect();
    assert_eq!(statuses.len(), 1);
    statuses.into_iter().next().unwrap()
}

fn reason(status: &chaos_api::NetworkFaultStatus, kind: ConditionType) -> String {
    status.condition(kind).unwrap().reason.clone()
}

#[test]
fn answers_that_come_at_once_are_told_in_the_first_status() {
    let mut town = armed();
    let first = status(town.jobs());
    assert_eq!(
        (first.state, first.pods.as_str()),
        (FaultState::Active, "2/2")
    );
}

#[test]
fn a_node_that_does_not_answer_is_named_when_its_time_is_over() {
    let mut town = Town::new();
    town.settle();
    town.ask("a", &json!({}));
    town.settle();
    town.pass(100);
    town.settle();
    let (wake, _) = town.ledger.wake(&town.mirror, town.now);
    assert_eq!(wake, Some(at(10)));
    town.pass(9_900);
    let silent = status(town.jobs_by_time());
    let degraded = silent.condition(ConditionType::Degraded).unwrap();
    assert_eq!(degraded.message, "no answer from n1, n2");
}

#[test]
fn an_agent_that_does_not_run_is_told_without_its_answer() {
    let mut town = armed();
    town.settle();
    let waiting = json!({"waiting": {"reason": "CrashLoopBackOff"}});
    put_agent(&mut town.mirror, "n1", &waiting, false);
    town.settle();
    let told = town.fault("a").status.unwrap();
    assert_eq!(
        (told.state, told.pods.as_str()),
        (FaultState::Partial, "1/2")
    );
    assert_eq!(reason(&told, ConditionType::Degraded), "AgentsNotReady");
    put_agent(&mut town.mirror, "n1", &json!({"running": {}}), false);
    town.settle();
    let back = town.fault("a").status.unwrap();
    let degraded = back.condition(ConditionType::Degraded).unwrap();
    let words = "the agent on n1 is not ready, so what it said last may be old";
    assert_eq!(
        (back.pods.as_str(), degraded.message.as_str()),
        ("2/2", words)
    );
}

#[test]
fn the_end_is_told_without_an_answer() {
    let mut town = armed();
    town.settle();
    let (wake, _) = town.ledger.wake(&town.mirror, town.now);
    assert_eq!(wake, Some(at(10)), "patience is asked for once more");
    town.pass(29_999);
    assert!(town.jobs_by_time().is_empty());
    let (wake, _) = town.ledger.wake(&town.mirror, town.now);
    assert_eq!(wake, Some(at(30)));
    town.pass(1);
    let jobs = town.jobs_by_time();
    town.write_all(jobs);
    let ending = town.fault("a").status.unwrap();
    assert_eq!(reason(&ending, ConditionType::Succeeded), "Waiting");
    let (wake, _) = town.ledger.wake(&town.mirror, town.now);
    assert_eq!(wake, Some(at(31)), "the last accounts have a second");
    town.pass(1_000);
    let jobs = town.jobs_by_time();
    let ended = status(jobs);
    assert_eq!(reason(&ended, ConditionType::Succeeded), "Expired");
    assert_eq!(ended.state, FaultState::Ended);
}

#[test]
fn a_fault_that_is_over_is_looked_at_again_only_if_a_node_names_it() {
    let mut town = armed();
    town.settle();
    town.pass(31_000);
    let _ = town
        .jobs_by_time()
        .into_iter()
        .map(|job| town.write(job))
        .count();
    town.settle();
    town.mirror.put_report("n1", None);
    town.mirror.put_report("n2", None);
    town.settle();
    town.pass(3_600_000);
    town.settle();
    assert_eq!(town.ledger.wake(&town.mirror, town.now), (None, None));
    let ended = town.fault("a").status.unwrap();
    assert_eq!(ended.receipts.len(), 2);
}

#[test]
fn a_stop_is_told_when_the_nodes_have_let_go() {
    let mut town = armed();
    town.settle();
    let mut fault = town.fault("a");
    fault.spec.stopped = true;
    fault.metadata.generation = Some(2);
    town.put(fault);
    let mut plans = Vec::new();
    for job in town.jobs() {
        match &job {
            Job::Plan { node, .. } => plans.push((node.clone(), job.clone())),
            Job::Status { status, .. } => {
                assert_eq!(reason(status, ConditionType::Succeeded), "Waiting");
            }
            Job::Report { .. } => panic!("{job:?}"),
        }
        town.write(job);
    }
    assert_eq!(plans.len(), 2);
    for (node, plan) in plans {
        town.answer(&node, &plan, &ReportState::Armed);
    }
    let done = status(town.jobs());
    assert_eq!(reason(&done, ConditionType::Succeeded), "Stopped");
}

#[test]
fn a_halt_ends_what_runs_and_refuses_what_comes() {
    let mut town = armed();
    town.settle();
    let _: Halt = crate::town::object(json!({
        "apiVersion": "netfault.dev/v1alpha1", "kind": "Halt", "metadata": {"name": "halt"}, "spec": {}
    }));
    town.mirror.put_halt(true);
    town.ask("b", &json!({}));
    town.settle();
    let [a, b] = ["a", "b"].map(|name| town.fault(name).status.unwrap());
    assert_eq!(reason(&a, ConditionType::Active), Reason::Halted.as_str());
    assert_eq!(reason(&b, ConditionType::Accepted), Reason::Halted.as_str());
    assert_eq!(b.state, FaultState::Refused);
}

#[test]
fn a_fault_that_may_not_start_any_more_is_told_so_in_time() {
    let mut town = Town::new();
    town.settle();
    town.ask("a", &json!({"selector": {"matchLabels": {"app": "none"}}}));
    town.settle();
    let (wake, _) = town.ledger.wake(&town.mirror, town.now);
    let wake = wake.unwrap();
    assert!(at(60) < wake && wake < at(61));
    town.pass(60_001);
    let late = status(town.jobs_by_time());
    assert_eq!(reason(&late, ConditionType::Accepted), "StartedTooLate");
}

#[test]
fn wrong_settings_change_nothing() {
    let mut town = Town::new();
    let settings = |duration: &str| crate::town::object(json!({"data": {"maxDuration": duration}}));
    town.mirror.put_settings(Some(&settings("10s")));
    town.mirror.put_settings(Some(&settings("ten")));
    let problem = town.mirror.settings_problem().unwrap();
    assert!(
        problem.contains("maxDuration") && problem.contains("ten"),
        "{problem}"
    );
    town.ask("a", &json!({}));
    town.settle();
    let told = town.fault("a").status.unwrap();
    assert_eq!(reason(&told, ConditionType::Accepted), "DurationTooLong");
    town.mirror.put_settings(None);
    assert_eq!(town.mirror.settings_problem(), None);
    town.settle();
    town.pass(100);
    town.settle();
    assert_eq!(town.fault("a").status.unwrap().chosen, 2);
}
