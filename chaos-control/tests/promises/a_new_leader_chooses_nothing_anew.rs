//! A takeover: seeds, starts and pods stay what they were.

use chaos_control::ledger::Job;
use chaos_plan::ReportState;
use serde_json::json;

use crate::town::{Town, at, body, plans, put_pod};

const ONE: &str = r#"{"mode": "One", "faults": {"blackhole": {}}}"#;

/// A town in which a fault on one of four pods is in force.
fn running() -> Town {
    let mut town = Town::new();
    put_pod(&mut town.mirror, "web-3", "n1");
    put_pod(&mut town.mirror, "web-4", "n2");
    town.settle();
    town.ask("a", &serde_json::from_str(ONE).unwrap());
    for job in town.jobs() {
        town.write(job.clone());
        if let Job::Plan { node, .. } = &job {
            town.answer(node, &job, &ReportState::Armed);
        }
    }
    town
}

#[test]
fn a_new_leader_writes_nothing_where_everything_stands() {
    let mut town = running();
    town.settle();
    assert_eq!(town.fault("a").status.unwrap().pods, "1/1");
    let mut next = town.taken_over(5);
    assert_eq!(next.jobs_by_time(), []);
}

#[test]
fn what_a_status_does_not_say_yet_is_in_the_plans() {
    let town = running();
    assert_eq!(town.fault("a").status, None);
    let mut next = town.taken_over(5);
    put_pod(&mut next.mirror, "web-5", "n1");
    let jobs = next.jobs_by_time();
    let [Job::Status { status, .. }] = &jobs[..] else {
        panic!("{jobs:?}");
    };
    assert_eq!(status.started_at, Some(at(0)));
    assert_eq!(status.ends_at, Some(at(30)));
    assert_eq!(status.pods, "1/1");
}

#[test]
fn first_plans_that_were_written_in_part_are_completed_and_end_when_they_would_have() {
    let mut town = Town::new();
    town.settle();
    town.ask("a", &json!({}));
    let jobs = town.jobs();
    let first = jobs.into_iter().next().unwrap();
    town.write(first);
    let mut next = town.taken_over(15);
    let jobs = next.jobs_by_time();
    let found = plans(&jobs);
    assert_eq!((found.len(), found[0].0), (1, "n2"));
    assert_eq!(found[0].1.faults[0].ends, at(30));
    next.write_all(jobs);
    let jobs = next.jobs();
    let [Job::Status { status, .. }] = &jobs[..] else {
        panic!("{jobs:?}");
    };
    assert_eq!((status.chosen, status.started_at), (2, Some(at(0))));
}

#[test]
fn a_seed_comes_from_the_uid_and_fits_its_status() {
    let mut town = Town::new();
    town.ask("a", &json!({}));
    let seeds = |jobs: &[Job]| -> Vec<u64> {
        let plans = jobs.iter().filter_map(|job| match job {
            Job::Plan { spec, .. } => Some(body(spec).faults[0].seed),
            _ => None,
        });
        plans.collect()
    };
    let one = seeds(&town.jobs());
    let two = seeds(&town.taken_over(1).jobs_by_time());
    assert_eq!(one, two);
    assert_eq!(one[0], one[1]);
    assert!(one[0] > 0 && one[0] <= chaos_api::MAX_SEED);
}

#[test]
fn a_new_leader_s_plans_come_after_all_before() {
    let ids = |jobs: &[Job]| -> Vec<chaos_api::PlanId> {
        let plans = jobs.iter().filter_map(|job| match job {
            Job::Plan { spec, .. } => Some(spec.id()),
            _ => None,
        });
        plans.collect()
    };
    let mut town = Town::new();
    let jobs = town.jobs();
    let before = ids(&jobs);
    town.write_all(jobs);
    let mut next = town.taken_over(1);
    next.ask("a", &json!({}));
    let after = ids(&next.jobs_by_time());
    assert_eq!((before.len(), after.len()), (2, 2));
    assert!(
        after
            .iter()
            .all(|new| before.iter().all(|old| new.is_after(old)))
    );
}
