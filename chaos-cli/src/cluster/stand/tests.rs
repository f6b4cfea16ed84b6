//! Where a fault stands, for each status that a controller can write.

use chaos_api::NetworkFault;
use serde_json::{Value, json};

use super::{Stand, is_over, missing, stand};

/// A fault of generation 2 with these fields of its spec and its status.
fn fault(spec: Value, status: Value) -> NetworkFault {
    let mut object = json!({
        "apiVersion": "netfault.dev/v1alpha1",
        "kind": "NetworkFault",
        "metadata": { "name": "cut", "namespace": "orders", "generation": 2 },
        "spec": {
            "selector": { "matchLabels": { "app": "orders" } },
            "mode": "All",
            "faults": { "reset": {} },
            "duration": "30s",
        },
        "status": { "observedGeneration": 2 },
    });
    for (part, more) in [("spec", spec), ("status", status)] {
        let fields = object[part].as_object_mut().unwrap();
        fields.extend(more.as_object().cloned().unwrap_or_default());
    }
    serde_json::from_value(object).unwrap()
}

fn of(status: Value) -> Stand {
    stand(&fault(json!({}), status))
}

fn receipts(states: &[(&str, &str)]) -> Value {
    let receipt = |(index, (state, reason)): (usize, &(&str, &str))| {
        json!({
            "pod": format!("orders-{index}"), "uid": format!("{index}"), "node": "n1",
            "state": state, "reason": reason,
        })
    };
    states.iter().enumerate().map(receipt).collect()
}

fn condition(kind: &str, status: &str, reason: &str, message: &str) -> Value {
    json!([{
        "type": kind, "status": status, "reason": reason, "message": message,
        "lastTransitionTime": "2026-11-20T12:00:00Z",
    }])
}

#[test]
fn a_status_about_an_older_object_says_nothing() {
    let active = condition("Active", "True", "InForce", "");
    let old = json!({ "observedGeneration": 1, "conditions": active });
    assert_eq!(of(old), Stand::Waiting);
    assert_eq!(of(json!({})), Stand::Waiting);
}

#[test]
fn it_is_in_force_when_the_condition_says_so() {
    let conditions = condition("Active", "True", "InForce", "");
    assert_eq!(of(json!({ "conditions": conditions })), Stand::Whole);
}

#[test]
fn a_pod_that_has_not_answered_is_waited_for() {
    for open in [
        ("Waiting", ""),
        ("Refused", "NoProcess"),
        ("Refused", "NotScheduled"),
    ] {
        let receipts = receipts(&[("Armed", ""), open]);
        assert_eq!(
            of(json!({ "receipts": receipts })),
            Stand::Waiting,
            "{open:?}"
        );
    }
}

#[test]
fn a_pod_that_cannot_be_hit_is_not_waited_for() {
    let some = receipts(&[("Armed", ""), ("Refused", "HostNetwork")]);
    assert_eq!(of(json!({ "receipts": some })), Stand::Part);
    let none = receipts(&[("Refused", "HostNetwork")]);
    assert_eq!(of(json!({ "receipts": none })), Stand::Nowhere);
}

#[test]
fn a_preview_is_whole_when_each_pod_was_looked_at() {
    let preview = |states: &[(&str, &str)]| {
        let spec = json!({ "enforcement": "Preview" });
        stand(&fault(spec, json!({ "receipts": receipts(states) })))
    };
    assert_eq!(
        preview(&[("Previewed", ""), ("Previewed", "")]),
        Stand::Whole
    );
    assert_eq!(
        preview(&[("Previewed", ""), ("Waiting", "")]),
        Stand::Waiting
    );
    assert_eq!(
        preview(&[("Previewed", ""), ("Refused", "Windows")]),
        Stand::Part
    );
}

#[test]
fn a_refusal_tells_whether_there_was_no_pod() {
    let refused = |reason| {
        let conditions = condition("Accepted", "False", reason, "why");
        of(json!({ "state": "Refused", "conditions": conditions }))
    };
    let why = |reason: &str| format!("{reason}: why");
    let (no_pods, closed) = ("NoPods", "NamespaceNotEnabled");
    let expected = Stand::Refused {
        no_pods: true,
        why: why(no_pods),
    };
    assert_eq!(refused(no_pods), expected);
    let expected = Stand::Refused {
        no_pods: false,
        why: why(closed),
    };
    assert_eq!(refused(closed), expected);
}

#[test]
fn it_is_over_only_when_no_kernel_holds_it() {
    let conditions = condition("Succeeded", "True", "Stopped", "it was stopped");
    let ended = json!({ "state": "Ended", "conditions": conditions });
    assert_eq!(of(ended), Stand::Over("it was stopped".into()));
    let stopping = fault(json!({ "stopped": true }), json!({ "state": "Partial" }));
    assert!(!is_over(&stopping));
    let refused = fault(json!({ "stopped": true }), json!({ "state": "Refused" }));
    assert!(is_over(&refused));
}

#[test]
fn each_missing_pod_has_its_reason() {
    let receipts = receipts(&[("Armed", ""), ("Waiting", ""), ("Refused", "HostNetwork")]);
    let fault = fault(json!({}), json!({ "receipts": receipts }));
    assert_eq!(
        missing(&fault.status.unwrap()),
        [
            "pod/orders-1 on n1: the node's agent has not answered",
            "pod/orders-2 on n1: HostNetwork",
        ]
    );
}
