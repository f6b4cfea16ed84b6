//! The bed for promises that take a Kubernetes cluster: towns (namespaces of the run's own), pods
//! that say what they see, nodes that can be cut off, and the rule that nothing of a workload may
//! change.

mod account;
mod api;
mod fault;
mod following;
mod node;
mod objects;
mod parts;
mod pod;
mod rewrite;
mod static_pod;
mod town;
mod untouched;
mod witness;

pub use account::Account;
pub use api::{Cluster, soon};
pub use fault::Fault;
pub use following::Following;
pub use node::{Cut, Hold, Node};
pub use objects::Workload;
pub use parts::{Frozen, agent_of, controllers, leader};
pub use pod::Pod;
pub use rewrite::Rewrite;
pub use static_pod::StaticPod;
pub use town::Town;
pub use untouched::Untouched;
pub use witness::{Lines, nanoseconds};

/// Deletes what runs that were killed have left.
pub fn sweep_dead_runs() {
    if Cluster::missing().is_none() {
        town::sweep_dead();
    }
}

/// Deletes what this run's guards could not, and does not wait until it is gone.
pub fn sweep_this_run() {
    if Cluster::missing().is_none() {
        town::sweep_own();
    }
}

/// Waits until nothing of this run is left, unless the cluster ends with the run.
pub fn await_gone() {
    if Cluster::missing().is_none() && !Cluster::ends_with_run() {
        town::await_gone();
    }
}
