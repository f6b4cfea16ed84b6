//! Faults from the words that users write.

use chaos_agent::engine::Order;
use chaos_api::FaultSpec;
use chaos_plan::{Fault, Spare};
use serde_json::{Value, json};

/// An order for a fault that does this to that traffic. It lasts a minute, for the case that no one
/// is left to stop it.
pub(crate) fn order(name: &str, faults: &Value, traffic: &Value) -> Order {
    let spec = json!({"duration": "1m", "faults": faults, "traffic": traffic});
    let spec: FaultSpec = serde_json::from_value(spec).expect("the words of a fault");
    spec.validate().expect("a fault that makes sense");
    Order {
        name: name.to_owned(),
        spec,
        seed: 1,
        spare: Spare::default(),
    }
}

/// A blackhole that does not end.
pub(crate) fn blackhole(name: &str, traffic: &Value) -> Fault {
    let order = order(name, &json!({"blackhole": {}}), traffic);
    Fault {
        name: order.name,
        spec: order.spec,
        seed: order.seed,
        deadline: u64::MAX,
        anchor: 0,
        spare: order.spare,
    }
}

/// Traffic with a peer at one address, whatever its ports.
pub(crate) fn peer(address: &str) -> Value {
    let block = json!({"cidr": format!("{address}/32")});
    json!({"peers": [{"ipBlock": block}]})
}

/// Traffic with these ports of any peer, the first and the last.
pub(crate) fn ports(first: u16, last: u16) -> Value {
    let ports = json!({"port": first, "endPort": last});
    json!({"peers": [{"ports": [ports]}]})
}
