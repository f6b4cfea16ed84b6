//! A namespace of the run's own.

use std::net::IpAddr;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::pod::addresses;
use super::{Cluster, Fault, Pod, Workload, soon};
use crate::bed::Outcome;
use crate::bed::process::is_alive;

/// How long pods may take to be ready on a busy machine.
const READY: Duration = Duration::from_mins(2);

/// What the names of all towns start with.
const PREFIX: &str = "town-";

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A namespace; dropping it deletes it with all that is in it.
#[derive(Debug)]
pub struct Town {
    cluster: &'static Cluster,
    name: String,
}

impl Town {
    /// A namespace that allows faults.
    #[track_caller]
    pub fn open(label: &str) -> Self {
        Self::new(label, &json!({ "netfault.dev/enabled": "true" }))
    }

    /// A namespace that allows none.
    #[track_caller]
    pub fn closed(label: &str) -> Self {
        Self::new(label, &json!({}))
    }

    #[track_caller]
    fn new(label: &str, labels: &Value) -> Self {
        let count = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{PREFIX}{}-{count}-{label}", process::id());
        let cluster = Cluster::of_env();
        let town = Self { cluster, name };
        cluster.apply([json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": { "name": town.name, "labels": labels },
        })]);
        town
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The cluster that it is in.
    pub fn cluster(&self) -> &'static Cluster {
        self.cluster
    }

    /// Creates objects in it.
    #[track_caller]
    pub fn apply(&self, objects: impl IntoIterator<Item = Value>) {
        let placed = objects.into_iter().map(|mut object| {
            object["metadata"]["namespace"] = self.name.as_str().into();
            object
        });
        self.cluster.apply(placed);
    }

    /// Starts workloads and waits until all their pods are ready.
    #[track_caller]
    pub fn start(&self, workloads: impl IntoIterator<Item = Workload>) {
        let workloads: Vec<_> = workloads.into_iter().collect();
        self.apply(workloads.iter().flat_map(Workload::objects));
        let names: Vec<_> = workloads.iter().map(|one| one.name.as_str()).collect();
        let selector = format!("app in ({})", names.join(","));
        let count = workloads.iter().map(|one| one.replicas).sum();
        self.await_ready_of(&selector, count);
    }

    /// Waits until a workload has so many pods, all of them ready.
    #[track_caller]
    pub fn await_ready(&self, workload: &str, count: usize) -> Vec<Pod> {
        self.await_ready_of(&format!("app={workload}"), count)
    }

    #[track_caller]
    fn await_ready_of(&self, selector: &str, count: usize) -> Vec<Pod> {
        let what = format!("{count} pods with {selector} in {} are ready", self.name);
        soon(&what, READY, || {
            let pods = self.pods_of(selector);
            (pods.len() == count && pods.iter().all(Pod::is_ready)).then_some(pods)
        })
    }

    /// The pods of a workload that are not being deleted, by name.
    #[track_caller]
    pub fn pods(&self, workload: &str) -> Vec<Pod> {
        self.pods_of(&format!("app={workload}"))
    }

    #[track_caller]
    fn pods_of(&self, selector: &str) -> Vec<Pod> {
        let arguments = [
            "get", "pods", "-o", "json", "-n", &self.name, "-l", selector,
        ];
        let list = self.cluster.kubectl_with(&arguments);
        list.expect_code(0);
        let list: Value = serde_json::from_str(&list.stdout).expect("kubectl prints JSON");
        let items = list["items"].as_array().expect("it is a list");
        let all = items.iter().map(Pod::new);
        all.filter(|pod| !pod.is_going()).collect()
    }

    /// The one pod of a workload.
    #[track_caller]
    pub fn pod(&self, workload: &str) -> Pod {
        let mut pods = self.pods(workload);
        assert_eq!(pods.len(), 1, "{workload} has one pod");
        pods.remove(0)
    }

    /// An object in it.
    #[track_caller]
    pub fn get(&self, words: &str) -> Value {
        self.cluster.get(&format!("{words} -n {}", self.name))
    }

    /// The addresses of a Service, one of each family that it has.
    #[track_caller]
    pub fn addresses(&self, service: &str) -> Vec<IpAddr> {
        let object = self.get(&format!("service {service}"));
        let all = object["spec"]["clusterIPs"].as_array();
        addresses(all.into_iter().flatten())
    }

    /// Runs kubectl in it as the administrator; panics if it fails.
    #[track_caller]
    pub fn kubectl(&self, words: &str) -> String {
        let outcome = self.cluster.kubectl(&format!("{words} -n {}", self.name));
        outcome.expect_code(0);
        outcome.stdout
    }

    /// Runs netfault in it as the administrator, to its end.
    #[track_caller]
    pub fn netfault(&self, words: &str) -> Outcome {
        self.cluster.netfault(&format!("{words} -n {}", self.name))
    }

    /// Puts a fault in force in all its pods, by `netfault inject`.
    ///
    /// `words` are the faults, the target, the traffic and `--for`.
    #[track_caller]
    pub fn inject(&self, words: &str) -> Fault<'_> {
        Fault::inject(self, words)
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        delete([&self.name]);
    }
}

/// Deletes the towns of runs that were killed.
pub(crate) fn sweep_dead() {
    let dead = names().into_iter().filter(|name| {
        let pid = name.split('-').nth(1).and_then(|pid| pid.parse().ok());
        pid.is_none_or(|pid| !is_alive(pid))
    });
    delete(dead.collect::<Vec<_>>());
}

/// Deletes the towns of this run.
pub(crate) fn sweep_own() {
    let own = format!("{PREFIX}{}-", process::id());
    let left = names().into_iter().filter(|name| name.starts_with(&own));
    delete(left.collect::<Vec<_>>());
}

/// Waits until no town of this run is left.
pub(crate) fn await_gone() {
    let own = format!("{PREFIX}{}-", process::id());
    soon("the towns are gone", READY, || {
        let mut names = names().into_iter();
        names.all(|name| !name.starts_with(&own)).then_some(())
    });
}

/// The names of all towns.
fn names() -> Vec<String> {
    let listed = Cluster::of_env().kubectl("get namespaces -o name");
    let names = listed.stdout.lines();
    let names = names.filter_map(|line| line.strip_prefix("namespace/"));
    names
        .filter(|name| name.starts_with(PREFIX))
        .map(str::to_owned)
        .collect()
}

/// Deletes without waiting, and quietly: one may be gone, or the API server silent.
fn delete(names: impl IntoIterator<Item = impl AsRef<str>>) {
    let names: Vec<_> = names.into_iter().collect();
    if names.is_empty() {
        return;
    }
    let mut arguments = vec!["delete", "namespace", "--wait=false", "--ignore-not-found"];
    arguments.extend(names.iter().map(AsRef::as_ref));
    Cluster::of_env().kubectl_with(&arguments);
}
