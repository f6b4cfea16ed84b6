//! Faults from the words that users write.

use chaos_api::NetworkFault;
use chaos_plan::{Fault, Spare};

/// A deadline that no test lives to see.
pub(crate) const NEVER: u64 = u64::MAX;

/// The fault with these fields of a spec, such as `faults: {blackhole: {}}`.
pub(crate) fn fault(name: &str, words: &str) -> Fault {
    let yaml = format!(
        "{{apiVersion: netfault.dev/v1alpha1, kind: NetworkFault, metadata: {{name: {name}}}, \
         spec: {{duration: 1h, {words}}}}}"
    );
    let fault = NetworkFault::from_yaml(&yaml).unwrap_or_else(|error| panic!("{words}: {error}"));
    Fault {
        name: fault.metadata.name,
        seed: fault.spec.seed.unwrap_or(1),
        spec: fault.spec,
        deadline: NEVER,
        anchor: 0,
        spare: Spare::default(),
    }
}

/// Faults named `a`, `b`, `c` and so on.
pub(crate) fn faults(words: &[&str]) -> Vec<Fault> {
    let letters = ('a'..='z').map(String::from).zip(words);
    letters.map(|(name, words)| fault(&name, words)).collect()
}
