//! How Kubernetes itself says that a node is well.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::{
    kubectl,
    layout::{Layout, Machine},
    wait::Wait,
};

/// How long nodes may take to be Ready, and their pods to work, on a busy computer.
pub(crate) const NODES_BOUND: Duration = Duration::from_mins(3);

/// A node that is to be Ready.
pub(crate) struct Awaited {
    node: Machine,
    /// A report that does not count, since it is of the time before.
    before: String,
}

impl Awaited {
    /// Whenever it said so last.
    pub(crate) fn any(node: Machine) -> Self {
        let before = String::new();
        Self { node, before }
    }

    /// By a report that is yet to come.
    pub(crate) fn next(layout: &Layout, node: Machine) -> Self {
        // A node that is new to the API server has no report, and none is awaited without it.
        let before = last_report(layout, node).unwrap_or_default();
        Self { node, before }
    }

    fn check(&self, layout: &Layout, ready: &[String]) -> Result<()> {
        let name = self.node.name();
        ensure!(ready.contains(&name), "{name} is not Ready");
        if !self.before.is_empty() {
            let is_new = last_report(layout, self.node)? != self.before;
            ensure!(is_new, "{name} has not reported yet");
        }
        Ok(())
    }
}

/// Waits until these nodes are Ready.
pub(crate) fn wait_for(layout: &Layout, nodes: &[Awaited]) -> Result<()> {
    let logs = nodes
        .iter()
        .flat_map(|awaited| ["init", "kubelet"].map(|name| layout.log(awaited.node, name)));
    Wait::new("nodes Ready", NODES_BOUND, logs).until(|| {
        let ready = ready_nodes(layout)?;
        nodes
            .iter()
            .try_for_each(|awaited| awaited.check(layout, &ready))
    })
}

/// When a node last said how it is; to be compared, not to be read.
fn last_report(layout: &Layout, node: Machine) -> Result<String> {
    let path = "jsonpath={.status.conditions[?(@.type==\"Ready\")].lastHeartbeatTime}";
    kubectl::read(layout, &["get", "node", &node.name(), "-o", path])
}

/// The names of the nodes that are Ready.
pub(crate) fn ready_nodes(layout: &Layout) -> Result<Vec<String>> {
    let path = "jsonpath={range .items[*]}{.metadata.name} \
                {.status.conditions[?(@.type==\"Ready\")].status}{\"\\n\"}{end}";
    let text = kubectl::read(layout, &["get", "nodes", "-o", path])?;
    let ready = text.lines().filter_map(|line| line.strip_suffix(" True"));
    Ok(ready.map(str::to_owned).collect())
}
