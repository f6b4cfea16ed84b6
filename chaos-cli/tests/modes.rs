//! Which mode the words choose, and what each mode says to the other's words.
#![forbid(unsafe_code)]

use std::{
    path::Path,
    process::{Command, Output},
};

use tempfile::TempDir;

/// A kubeconfig whose context names no cluster: whoever reads it says so, and reaches nothing.
const KUBECONFIG: &str = "{apiVersion: v1, kind: Config, current-context: here, \
                          contexts: [{name: here, context: {cluster: nowhere, user: nobody}}]}";

/// What cluster mode says with it.
const CLUSTER: &str = "error: the kubeconfig: failed to load the cluster of context: nowhere\n";

/// A home without a kubeconfig, and with one that is not the default.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        let home = TempDir::new().unwrap();
        std::fs::write(home.path().join("config"), KUBECONFIG).unwrap();
        Self(home)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Runs netfault, with or without a usable kubeconfig.
    fn run(&self, usable: bool, words: &str) -> Output {
        let config = if usable { "config" } else { "absent" };
        let mut netfault = Command::new(env!("CARGO_BIN_EXE_netfault"));
        netfault.args(words.split(' ')).env_clear();
        netfault
            .env("HOME", self.path())
            .env("NETFAULT_RUN_DIR", self.path());
        netfault.env("KUBECONFIG", self.path().join(config));
        netfault.output().unwrap()
    }

    /// The code and what was said on stderr.
    fn said(&self, usable: bool, words: &str) -> (i32, String) {
        let output = self.run(usable, words);
        let stderr = String::from_utf8(output.stderr).unwrap();
        (output.status.code().unwrap(), stderr)
    }
}

#[test]
fn a_usable_kubeconfig_means_its_cluster() {
    for words in [
        "list",
        "status a",
        "stop a",
        "inject reset -l app=a --for 1s",
        "doctor",
    ] {
        assert_eq!(
            Home::new().said(true, words),
            (1, CLUSTER.into()),
            "{words}"
        );
    }
}

#[test]
fn without_one_it_is_this_machine() {
    let output = Home::new().run(false, "list");
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "no faults in force\n"
    );
}

#[test]
fn local_means_this_machine_whatever_kubeconfig_there_is() {
    let output = Home::new().run(true, "list --local");
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "no faults in force\n"
    );
}

#[test]
fn a_target_on_this_machine_means_this_machine() {
    let (code, line) = Home::new().said(true, "flows --netns netfault-nowhere");
    assert_eq!(code, 1);
    assert!(line.contains("netfault-nowhere"), "{line}");
}

#[test]
fn a_kubeconfig_that_is_named_must_be_there() {
    for words in [
        "list --kubeconfig absent",
        "list --context here",
        "list -n shop",
    ] {
        let (code, line) = Home::new().said(false, words);
        assert!(code != 0 && line.lines().count() == 1, "{words}: {line}");
    }
}

#[test]
fn each_mode_refuses_the_other_s_words_by_name() {
    let words = [
        ("deploy/web", "inject reset deploy/web --for 1s --local"),
        ("--selector", "inject reset -l app=web --for 1s --local"),
        ("--preview", "inject reset --preview --for 1s --netns a"),
        ("--all-namespaces", "list -A --local"),
        ("resume", "resume --local"),
        ("svc/nats", "inject reset --to svc/nats --for 1s --netns a"),
        ("--netns", "inject reset --netns a --namespace b --for 1s"),
    ];
    for (word, words) in words {
        let (code, line) = Home::new().said(true, words);
        assert_eq!(code, 2, "{words}: {line}");
        assert!(
            line.contains(word) && line.contains("cluster"),
            "{words}: {line}"
        );
        assert_eq!(line.lines().count(), 1, "{words}: {line}");
    }
}

#[test]
fn the_manifests_need_no_cluster() {
    let output = Home::new().run(false, "install --print");
    let yaml = String::from_utf8(output.stdout).unwrap();
    assert!(yaml.contains("kind: CustomResourceDefinition"), "{yaml}");
}
