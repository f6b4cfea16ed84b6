//! Somebody with fewer rights than the administrator.

use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use super::{Cluster, Pod};
use crate::bed::Outcome;

/// A service account, by a kubeconfig with a token of it.
#[derive(Debug)]
pub struct Account {
    kubeconfig: NamedTempFile,
}

impl Account {
    /// A token of a service account that is bound to nothing.
    #[track_caller]
    pub fn of(namespace: &str, account: &str) -> Self {
        Self::with(&format!("create token {account} -n {namespace}"))
    }

    /// The token that a pod's own service account has in that pod: it names the pod's node.
    #[track_caller]
    pub fn of_pod(pod: &Pod) -> Self {
        let account = pod.spec()["serviceAccountName"].as_str();
        let account = account.expect("every pod has a service account");
        Self::with(&format!(
            "create token {account} -n {} --bound-object-kind Pod --bound-object-name {} \
             --bound-object-uid {}",
            pod.namespace(),
            pod.name(),
            pod.uid()
        ))
    }

    #[track_caller]
    fn with(request: &str) -> Self {
        let cluster = Cluster::of_env();
        let token = cluster.kubectl(request);
        token.expect_code(0);
        let config = kubeconfig(cluster, token.stdout.trim());
        let file = NamedTempFile::new().expect("a temporary file can be made");
        std::fs::write(&file, config.to_string()).expect("a temporary file can be written");
        Self { kubeconfig: file }
    }

    /// Runs kubectl with its rights.
    #[track_caller]
    pub fn kubectl(&self, words: &str) -> Outcome {
        let words: Vec<_> = words.split_whitespace().collect();
        Cluster::of_env().kubectl_as(&self.path(), &words)
    }

    /// Tries to write an object's status with its rights, as a server-side apply; changes nothing.
    #[track_caller]
    pub fn apply_status(&self, object: &Value) -> Outcome {
        let file = NamedTempFile::new().expect("a temporary file can be made");
        std::fs::write(&file, object.to_string()).expect("a temporary file can be written");
        let path = file.path().to_str().expect("it is text");
        let words = format!(
            "apply --server-side --subresource=status --force-conflicts --dry-run=server \
             --field-manager=tried --validate=false -f {path}"
        );
        self.kubectl(&words)
    }

    /// Runs netfault with its rights.
    #[track_caller]
    pub fn netfault(&self, words: &str) -> Outcome {
        Cluster::of_env().netfault_as(&self.path(), words)
    }

    fn path(&self) -> PathBuf {
        self.kubeconfig.path().to_owned()
    }
}

/// The administrator's kubeconfig with another user.
fn kubeconfig(cluster: &Cluster, token: &str) -> Value {
    let own = cluster.kubectl("config view --raw --minify -o json");
    own.expect_code(0);
    let mut config: Value = serde_json::from_str(&own.stdout).expect("kubectl prints JSON");
    config["users"][0]["user"] = json!({ "token": token });
    config
}
