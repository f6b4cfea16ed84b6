//! The lease: who may take it, and when.

use std::time::{Duration, Instant};

use chaos_control::lease::{Candidate, DURATION, PERIOD, Step, WRITES};
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use serde_json::{Value, json};

use crate::town::object;

fn lease(version: &str, spec: &Value) -> Lease {
    object(json!({"metadata": {"name": "x", "resourceVersion": version}, "spec": spec}))
}

fn held(version: &str) -> Lease {
    lease(
        version,
        &json!({"holderIdentity": "b", "leaseDurationSeconds": 15, "leaseTransitions": 3,
        "acquireTime": "2026-11-20T11:00:00.000000Z"}),
    )
}

fn decide(candidate: &mut Candidate, lease: Option<&Lease>, now: Instant) -> Option<LeaseSpec> {
    match candidate.decide(lease, now, Timestamp::UNIX_EPOCH) {
        Step::Claim(spec) => Some(*spec),
        Step::Wait => None,
    }
}

#[test]
fn a_lease_that_nobody_holds_is_taken_at_once() {
    let now = Instant::now();
    for free in [
        None,
        Some(lease("1", &json!({}))),
        Some(lease("1", &json!({"holderIdentity": ""}))),
    ] {
        let taken = decide(&mut Candidate::new("a"), free.as_ref(), now).unwrap();
        assert_eq!(taken.holder_identity.as_deref(), Some("a"));
        assert_eq!(taken.lease_duration_seconds, Some(15));
        assert_eq!(taken.lease_transitions, Some(1));
    }
    let given_up = Candidate::released(&held("1").spec.unwrap());
    assert_eq!(
        (given_up.holder_identity, given_up.lease_transitions),
        (None, Some(3))
    );
}

#[test]
fn another_s_lease_is_left_alone_while_it_is_renewed() {
    let mut candidate = Candidate::new("a");
    let begin = Instant::now();
    for second in 0..60 {
        let renewed = held(&(second / 14).to_string());
        let now = begin + Duration::from_secs(second);
        assert_eq!(decide(&mut candidate, Some(&renewed), now), None);
    }
}

#[test]
fn a_lease_that_is_not_renewed_is_taken_when_it_was_watched_for_its_whole_time() {
    let mut candidate = Candidate::new("a");
    let begin = Instant::now();
    assert_eq!(decide(&mut candidate, Some(&held("1")), begin), None);
    let almost = begin + DURATION.saturating_sub(Duration::from_millis(1));
    assert_eq!(decide(&mut candidate, Some(&held("1")), almost), None);
    let taken = decide(&mut candidate, Some(&held("1")), begin + DURATION).unwrap();
    assert_eq!(taken.lease_transitions, Some(4));
    assert_ne!(taken.acquire_time, held("1").spec.unwrap().acquire_time);
}

#[test]
fn a_renewal_changes_no_more_than_its_time() {
    let own = held("1");
    let renewed = decide(&mut Candidate::new("b"), Some(&own), Instant::now()).unwrap();
    let before = own.spec.unwrap();
    assert_eq!(renewed.lease_transitions, before.lease_transitions);
    assert_eq!(renewed.acquire_time, before.acquire_time);
    assert!(renewed.renew_time.is_some());
}

#[test]
fn the_last_write_ends_before_the_lease_does() {
    let longest_write = Duration::from_secs(4);
    assert!(WRITES + longest_write < DURATION);
    assert!(PERIOD * 3 < WRITES, "some renewals may fail");
}
