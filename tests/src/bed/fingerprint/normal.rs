//! Taking out of JSON what changes by itself.

use serde_json::Value;

/// Keys of iproute2's and nftables' JSON whose values move without anyone's doing.
const MOVING: [&str; 19] = [
    "age",
    "backlog",
    "bytes",
    "cacheinfo",
    "drops",
    "error",
    "expires",
    "gc_timer",
    "hello_timer",
    "overlimits",
    "packets",
    "preferred_life_time",
    "qlen",
    "requeues",
    "stats",
    "stats64",
    "tcn_timer",
    "topology_change_timer",
    "valid_life_time",
];

/// Parses the list a tool printed, without the moving parts; an empty answer is an empty list.
pub(super) fn list(text: &str) -> Vec<Value> {
    let parsed = serde_json::from_str(text.trim()).unwrap_or_default();
    let Value::Array(mut items) = parsed else {
        return Vec::new();
    };
    items.iter_mut().for_each(settle);
    items
}

fn settle(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|key, _| !MOVING.contains(&key.as_str()));
            fields.values_mut().for_each(settle);
        }
        Value::Array(items) => items.iter_mut().for_each(settle),
        _ => (),
    }
}
