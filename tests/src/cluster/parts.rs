//! netfault's own pods: its agents and its controller.

use rustix::process::Signal;

use super::{Cluster, Node, Pod};
use crate::bed::process;

/// Where they are.
const NAMESPACE: &str = "netfault-system";

/// The agent of a node.
#[track_caller]
pub fn agent_of(node: &Node) -> Pod {
    let agents = parts("netfault-agent");
    let mut own = agents.into_iter().filter(|pod| pod.node() == *node);
    own.next()
        .unwrap_or_else(|| panic!("{} has no agent", node.name()))
}

/// The controller's replicas.
#[track_caller]
pub fn controllers() -> Vec<Pod> {
    parts("netfault-controller")
}

/// The name of the replica that leads.
#[track_caller]
pub fn leader() -> Option<String> {
    let lease = Cluster::of_env().get(&format!("lease netfault-controller -n {NAMESPACE}"));
    lease["spec"]["holderIdentity"].as_str().map(str::to_owned)
}

#[track_caller]
fn parts(name: &str) -> Vec<Pod> {
    let words = format!("pods -n {NAMESPACE} -l app.kubernetes.io/name={name}");
    let list = Cluster::of_env().get(&words);
    let items = list["items"].as_array().expect("it is a list");
    let all = items.iter().map(Pod::new);
    all.filter(|pod| !pod.is_going()).collect()
}

/// A pod whose programs stand still; dropping it lets them go on.
#[derive(Debug)]
pub struct Frozen {
    pids: Vec<u32>,
}

impl Pod {
    /// Sends SIGSTOP to its programs. The kubelet kills what stands still for half a minute.
    #[track_caller]
    pub fn freeze(&self) -> Frozen {
        let pids = self.programs();
        for pid in &pids {
            process::freeze(*pid);
        }
        Frozen { pids }
    }

    /// Sends SIGKILL to its programs.
    #[track_caller]
    pub fn kill(&self) {
        for pid in self.programs() {
            process::signal_pid(pid, Signal::KILL);
        }
    }

    /// Its processes but for the one that only holds its namespaces.
    #[track_caller]
    pub fn programs(&self) -> Vec<u32> {
        let mut pids = self.processes();
        pids.retain(|pid| process::name(*pid).is_some_and(|name| name != "pause"));
        assert!(!pids.is_empty(), "{} runs", self.name());
        pids
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        for pid in self.pids.iter().filter(|pid| process::is_alive(**pid)) {
            process::signal_pid(*pid, Signal::CONT);
        }
    }
}
