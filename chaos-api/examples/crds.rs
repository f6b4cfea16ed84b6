//! Prints the definitions of netfault's objects as YAML, one document for each kind, after a line
//! with its name.
#![forbid(unsafe_code)]

use chaos_api::{Halt, NetworkFault, NodePlan, NodeReport};
use kube::CustomResourceExt;

fn main() {
    let crds = [
        NetworkFault::crd(),
        NodePlan::crd(),
        NodeReport::crd(),
        Halt::crd(),
    ];
    for crd in &crds {
        let yaml = serde_saphyr::to_string(crd).expect("a definition is plain data");
        println!("--- # {}\n{}", crd.spec.names.plural, yaml.trim_end());
    }
}
