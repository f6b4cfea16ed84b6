//! Pods that a node starts by itself, from a file.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Node, Pod, Town, soon};

/// How long a pod may take until it is ready, on a busy machine.
const READY: Duration = Duration::from_mins(1);

/// A pod that the kubelet runs from a file of its node; dropping it removes the file.
///
/// What the API has of it is a mirror, with a UID of its own.
#[derive(Debug)]
pub struct StaticPod<'town> {
    town: &'town Town,
    name: String,
    file: PathBuf,
}

impl<'town> StaticPod<'town> {
    /// Starts a pod of these containers on a node and waits until it is ready; labelled `app: NAME`.
    #[track_caller]
    pub fn start(town: &'town Town, node: &Node, name: &str, containers: &[Value]) -> Self {
        let manifest = json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": { "name": name, "namespace": town.name(), "labels": { "app": name } },
            "spec": {
                "containers": containers,
                "terminationGracePeriodSeconds": 1,
                "automountServiceAccountToken": false,
            },
        });
        let file = format!("etc/kubernetes/manifests/{}-{name}.json", town.name());
        let file = town.cluster().file(node, &file);
        fs::write(&file, manifest.to_string()).expect("the node's disk can be written");
        let name = format!("{name}-{}", node.name());
        let pod = Self { town, name, file };
        soon("the static pod is ready", READY, || {
            pod.mirror().filter(Pod::is_ready)
        });
        pod
    }

    /// What the API has of it.
    #[track_caller]
    pub fn pod(&self) -> Pod {
        self.mirror().expect("it has a mirror")
    }

    fn mirror(&self) -> Option<Pod> {
        let words = format!("pods --field-selector metadata.name={}", self.name);
        let list = self.town.get(&words);
        list["items"].as_array()?.first().map(Pod::new)
    }
}

impl Drop for StaticPod<'_> {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.file));
    }
}
