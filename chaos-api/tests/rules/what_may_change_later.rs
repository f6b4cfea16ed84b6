//! A fault that exists: what may change of it, and what may not.

use serde_json::{Value, json};

use crate::files::rules;

fn fault() -> Value {
    json!({"spec": {
        "selector": {"matchLabels": {"app": "orders"}},
        "mode": "All",
        "traffic": {"protocol": "TCP", "family": "Any", "localPorts": ["80"]},
        "faults": {"reset": {"probability": "50%"}},
        "duration": "30s",
        "seed": 7,
    }})
}

/// What the rules say about setting a field, given as a pointer into the spec.
fn change(pointer: &str, value: Value) -> Vec<String> {
    let mut new = fault();
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    let parent = new.pointer_mut(&format!("/spec{parent}")).unwrap();
    match value {
        Value::Null => parent.as_object_mut().unwrap().remove(field),
        value => parent.as_object_mut().unwrap().insert(field.into(), value),
    };
    rules(&new, Some(&fault()))
}

#[test]
fn parameters_duration_and_stopped_may_change() {
    assert_eq!(change("/faults/reset/probability", json!("10%")), [""; 0]);
    assert_eq!(change("/duration", json!("1m")), [""; 0]);
    assert_eq!(change("/stopped", json!(true)), [""; 0]);
}

#[test]
fn nothing_else_may() {
    let refused = [
        (
            "/selector/matchLabels/app",
            json!("billing"),
            "spec.selector",
        ),
        ("/selector", Value::Null, "spec.selector"),
        ("/pods", json!(["orders-0"]), "spec.pods"),
        ("/mode", json!("One"), "spec.mode"),
        ("/value", json!("2"), "spec.value"),
        ("/traffic/protocol", json!("Any"), "spec.traffic"),
        ("/traffic", Value::Null, "spec.traffic"),
        (
            "/startBefore",
            json!("2100-01-01T00:00:00Z"),
            "spec.startBefore",
        ),
        ("/enforcement", json!("Preview"), "spec.enforcement"),
        ("/probes", json!("Include"), "spec.probes"),
        ("/dynamic", json!(true), "spec.dynamic"),
        ("/seed", json!(8), "spec.seed"),
        ("/seed", Value::Null, "spec.seed"),
        ("/draw", json!("Flow"), "spec.draw"),
    ];
    for (pointer, value, field) in refused {
        let line = format!("{field}: does not change; create another fault");
        let said = change(pointer, value);
        assert!(said.contains(&line), "{pointer}: {said:?}");
    }
    let blocks = "spec.faults: no fault is added or removed later; create another one";
    for (block, words) in [("blackhole", json!({})), ("loss", json!({ "loss": "2%" }))] {
        assert_eq!(change(&format!("/faults/{block}"), words), [blocks]);
    }
}

#[test]
fn a_stop_is_not_taken_back() {
    let mut stopped = fault();
    stopped["spec"]["stopped"] = json!(true);
    let line = "spec.stopped: is not taken back; create another fault";
    assert_eq!(rules(&fault(), Some(&stopped)), [line]);
    let mut again = stopped.clone();
    again["spec"]["stopped"] = json!(false);
    assert_eq!(rules(&again, Some(&stopped)), [line]);
    assert_eq!(rules(&stopped, Some(&stopped)), [""; 0]);
}
