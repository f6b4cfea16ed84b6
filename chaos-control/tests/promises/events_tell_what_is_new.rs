//! Events: what a status says that the one before did not, once.

use chaos_api::NetworkFaultStatus;
use chaos_control::news::{News, deleted, news};
use serde_json::{Value, json};

use crate::town::object;

fn condition(kind: &str, status: &str, reason: &str, message: &str) -> Value {
    json!({"type": kind, "status": status, "reason": reason, "message": message,
        "lastTransitionTime": "2026-11-20T12:00:00Z"})
}

fn status(conditions: &[Value], pod: &str) -> NetworkFaultStatus {
    object(json!({
        "conditions": conditions, "faults": "reset", "endsAt": "2026-11-20T12:00:30Z",
        "receipts": [{"pod": "web", "uid": "u", "node": "n1", "state": pod}],
    }))
}

fn lines(news: &[News]) -> Vec<String> {
    let line = |one: &News| {
        let about = one.pod.as_ref().map_or("fault", |pod| pod.name.as_str());
        format!("{about} {:?} {}: {}", one.type_, one.reason, one.note)
    };
    news.iter().map(line).collect()
}

fn active() -> NetworkFaultStatus {
    let conditions = [
        condition("Accepted", "True", "Allowed", "it is for 1 of 1 pods"),
        condition("Active", "True", "InForce", "in force in 1 of 1 pods"),
        condition("TrafficMatched", "False", "NoTraffic", "no traffic met it"),
        condition("Degraded", "False", "AsPlanned", ""),
        condition("Succeeded", "False", "Running", ""),
    ];
    status(&conditions, "Armed")
}

#[test]
fn a_fault_and_its_pods_are_told_from_beginning_to_end() {
    let begun = news("shop/a", &NetworkFaultStatus::default(), &active());
    let expected = [
        "fault Normal Accepted: it is for 1 of 1 pods",
        "fault Normal Active: in force in 1 of 1 pods until 2026-11-20T12:00:30Z",
        "web Normal FaultBegan: reset by NetworkFault shop/a until 2026-11-20T12:00:30Z",
    ];
    assert_eq!(lines(&begun), expected);
    let conditions = [
        condition("Accepted", "True", "Allowed", "it is for 1 of 1 pods"),
        condition("Active", "False", "Expired", "its time is over"),
        condition(
            "TrafficMatched",
            "True",
            "Matched",
            "7 packets and 0 idle connections met it",
        ),
        condition("Degraded", "False", "AsPlanned", ""),
        condition("Succeeded", "True", "Expired", "its time is over"),
    ];
    let ended = news("shop/a", &active(), &status(&conditions, "Ended"));
    let expected = [
        "fault Normal Ended: its time is over: 7 packets and 0 idle connections met it",
        "web Normal FaultEnded: reset by NetworkFault shop/a: Gone",
    ];
    assert_eq!(lines(&ended), expected);
}

#[test]
fn what_was_told_is_not_told_again() {
    assert_eq!(news("shop/a", &active(), &active()), []);
}

#[test]
fn a_refusal_is_a_warning_with_its_reason() {
    let no = |reason: &str| status(&[condition("Accepted", "False", reason, "no")], "Waiting");
    let told = news("shop/a", &NetworkFaultStatus::default(), &no("NoPods"));
    assert_eq!(lines(&told), ["fault Warning NoPods: no"]);
    assert_eq!(news("shop/a", &no("NoPods"), &no("NoPods")), []);
    let told = news("shop/a", &no("NoPods"), &no("NoPeers"));
    assert_eq!(lines(&told), ["fault Warning NoPeers: no"]);
}

#[test]
fn a_silent_node_is_a_warning() {
    let mut silent = active();
    silent.conditions[3] = object(condition(
        "Degraded",
        "True",
        "NodesSilent",
        "no answer from n1",
    ));
    let told = news("shop/a", &active(), &silent);
    assert_eq!(
        lines(&told),
        ["fault Warning NodesSilent: no answer from n1"]
    );
}

#[test]
fn the_pods_of_a_fault_that_was_deleted_are_told() {
    let told = deleted("shop/a", &active());
    let expected = ["web Normal FaultEnded: reset by NetworkFault shop/a: it was deleted"];
    assert_eq!(lines(&told), expected);
}
