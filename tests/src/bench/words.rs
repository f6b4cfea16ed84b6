//! Faults from the words that users write.

use chaos_agent::engine::Order;
use chaos_api::NetworkFault;
use chaos_plan::Fault;

/// An order for a fault with these fields of a spec, such as `faults: {blackhole: {}}`. It lasts a
/// minute, for the case that no one is left to stop it.
pub(crate) fn order(name: &str, words: &str) -> Order {
    let yaml = format!(
        "{{apiVersion: netfault.dev/v1alpha1, kind: NetworkFault, metadata: {{name: {name}}}, \
         spec: {{duration: 1m, {words}}}}}"
    );
    let fault = NetworkFault::from_yaml(&yaml).unwrap_or_else(|error| panic!("{words}: {error}"));
    Order {
        name: fault.metadata.name,
        spec: fault.spec,
        seed: 1,
    }
}

/// The same as a fault that does not end.
pub(crate) fn fault(name: &str, words: &str) -> Fault {
    let Order { name, spec, seed } = order(name, words);
    Fault {
        name,
        spec,
        seed,
        deadline: u64::MAX,
    }
}
