//! The cluster's API, by way of the commands that its users have.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Node;
use crate::bed::outcome::Output;
use crate::bed::{Namespace, Netfault, Outcome};

/// The directory of a cluster that `cargo xtask cluster up` started.
const DIRECTORY: &str = "NETFAULT_CLUSTER";

/// The kubectl that was built with it.
const KUBECTL: &str = "NETFAULT_KUBECTL";

/// The file that stands for the network from which the API server can be reached.
const NETWORK: &str = "NETFAULT_CLUSTER_NETWORK";

/// Set where the cluster was brought up for this run alone.
const ENDS: &str = "NETFAULT_CLUSTER_ENDS";

/// How long any command may take.
pub(super) const COMMAND: Duration = Duration::from_mins(1);

/// How long to wait before something is looked at again that takes a program to look at.
const STEP: Duration = Duration::from_millis(100);

/// The cluster that the environment names.
#[derive(Debug)]
pub struct Cluster {
    directory: PathBuf,
    network: Namespace,
}

impl Cluster {
    /// The cluster; the suite has checked that it is there.
    pub fn of_env() -> &'static Self {
        static CLUSTER: OnceLock<Cluster> = OnceLock::new();
        CLUSTER.get_or_init(|| Self {
            directory: named(DIRECTORY).expect("the environment names a cluster"),
            network: Self::network_of_env(),
        })
    }

    fn network_of_env() -> Namespace {
        let file = named(NETWORK).expect("the environment names the cluster's network");
        Namespace::existing("cluster", file).expect("the cluster is up")
    }

    /// Why there is none that tests could use.
    pub(crate) fn missing() -> Option<String> {
        let (Some(directory), Some(network)) = (named(DIRECTORY), named(NETWORK)) else {
            return Some(format!(
                "{DIRECTORY} names no cluster; run `cargo xtask test --suite cluster`"
            ));
        };
        if !directory.join("kubeconfig").exists() || !network.exists() {
            return Some("no cluster is up".to_owned());
        }
        (!Netfault::is_built()).then(|| "netfault is not built".to_owned())
    }

    /// Whether nobody needs it after this run.
    pub(super) fn ends_with_run() -> bool {
        env::var_os(ENDS).is_some()
    }

    /// A file of a node, as this machine sees it.
    pub(super) fn file(&self, node: &Node, path: &str) -> PathBuf {
        let disk = self.directory.join("run").join(node.name()).join("disk");
        disk.join(path)
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> PathBuf {
        self.directory.join("kubeconfig")
    }

    /// Runs kubectl as the administrator, to its end.
    #[track_caller]
    pub fn kubectl(&self, words: &str) -> Outcome {
        let words: Vec<_> = words.split_whitespace().collect();
        self.kubectl_with(&words)
    }

    /// The same, with arguments that may hold spaces.
    #[track_caller]
    pub fn kubectl_with(&self, arguments: &[&str]) -> Outcome {
        self.kubectl_as(&self.kubeconfig(), arguments)
    }

    /// Runs kubectl with somebody's kubeconfig.
    #[track_caller]
    pub(crate) fn kubectl_as(&self, kubeconfig: &Path, arguments: &[&str]) -> Outcome {
        self.finish(&mut self.kubectl_command(kubeconfig, arguments))
    }

    /// kubectl, not yet started; to be started in [`Cluster::network`].
    pub fn kubectl_command(&self, kubeconfig: &Path, arguments: &[&str]) -> Command {
        let program = named(KUBECTL).expect("the environment names its kubectl");
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env("KUBECONFIG", kubeconfig)
            .env("KUBERC", "off")
            .env("KUBECACHEDIR", self.directory.join("run/kubectl-cache"));
        command
    }

    /// An object, or a list of them, as kubectl names them.
    #[track_caller]
    pub fn get(&self, words: &str) -> Value {
        let outcome = self.kubectl(&format!("get {words} -o json"));
        outcome.expect_code(0);
        serde_json::from_str(&outcome.stdout).expect("kubectl prints JSON")
    }

    /// Creates objects, or changes them to what is said here.
    #[track_caller]
    pub fn apply(&self, objects: impl IntoIterator<Item = Value>) {
        let items: Vec<Value> = objects.into_iter().collect();
        let list = serde_json::json!({ "apiVersion": "v1", "kind": "List", "items": items });
        let file = tempfile::NamedTempFile::new().expect("a temporary file can be made");
        std::fs::write(&file, list.to_string()).expect("a temporary file can be written");
        let path = file.path().to_str().expect("it is text");
        self.kubectl_with(&["apply", "--server-side", "-f", path])
            .expect_code(0);
    }

    /// Runs netfault as the administrator, to its end.
    #[track_caller]
    pub fn netfault(&self, words: &str) -> Outcome {
        self.finish(&mut self.netfault_command(&self.kubeconfig(), words))
    }

    /// Runs netfault with somebody's kubeconfig, to its end.
    #[track_caller]
    pub(crate) fn netfault_as(&self, kubeconfig: &Path, words: &str) -> Outcome {
        self.finish(&mut self.netfault_command(kubeconfig, words))
    }

    /// netfault, not yet started; to be started in [`Cluster::network`].
    pub fn netfault_command(&self, kubeconfig: &Path, words: &str) -> Command {
        let mut command = Command::new(Netfault::binary());
        command
            .args(words.split_whitespace())
            .env("KUBECONFIG", kubeconfig);
        command
    }

    /// The network that the API server can be reached from.
    pub fn network(&self) -> &Namespace {
        &self.network
    }

    #[track_caller]
    fn finish(&self, command: &mut Command) -> Outcome {
        let output = Output::new();
        let process = self.network.enter(|| output.start(command));
        output.end_of(process, COMMAND)
    }
}

/// Looks every tenth of a second until `condition` gives a value; panics with `what` when `limit`
/// passes.
#[track_caller]
pub fn soon<T>(what: &str, limit: Duration, mut condition: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(start.elapsed() < limit, "not within {limit:?}: {what}");
        thread::sleep(STEP);
    }
}

fn named(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from)
}
