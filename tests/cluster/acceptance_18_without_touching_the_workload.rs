//! A fault needs nothing of its target: no shell, no capability, no container beside it, no right to
//! run a command in it.

use std::time::Duration;

use chaos_tests::cluster::{Cluster, Lines, Town, Untouched, Workload};
use chaos_tests::promises;
use serde_json::json;

promises! { [Cluster]
    a_target_from_scratch_is_reset_and_left_as_it_was,
    netfault_may_not_run_anything_in_a_pod
}

const SOON: Duration = Duration::from_secs(20);

fn a_target_from_scratch_is_reset_and_left_as_it_was() {
    let town = Town::open("bare");
    town.start([Workload::web("web")]);
    let hold = "tcp-hold --server web:80 --count 2";
    let client = Workload::witness("client", hold).secured(&json!({
        "allowPrivilegeEscalation": false,
        "capabilities": { "drop": ["ALL"] },
        "readOnlyRootFilesystem": true,
        "runAsNonRoot": true,
        "runAsUser": 65532,
        "seccompProfile": { "type": "RuntimeDefault" },
    }));
    town.start([client]);
    let client = town.pod("client");
    client.await_lines("main", "connections", SOON, |lines| {
        (lines.open().len() == 2).then_some(())
    });
    let shell = format!("exec {} -n {} -- sh -c true", client.name(), town.name());
    assert_ne!(Cluster::of_env().kubectl(&shell).code, 0, "it has a shell");
    let untouched = Untouched::watch([client.clone(), town.pod("web")]);

    let fault = town.inject("reset deploy/client --to svc/web:80 --for 20s");
    let both = |lines: &Lines| (lines.ends().len() == 2).then_some(());
    client.await_lines("main", "both ended", SOON, both);
    let containers = client.now();
    assert!(containers.spec().get("ephemeralContainers").is_none());
    let status = fault.stop();
    assert_eq!(status.totals.connections_reset, 2);
    untouched.assert();
}

fn netfault_may_not_run_anything_in_a_pod() {
    for account in ["netfault-agent", "netfault-controller"] {
        for (verb, resource) in [
            ("create", "pods/exec"),
            ("create", "pods/attach"),
            ("patch", "pods/ephemeralcontainers"),
            ("update", "pods/ephemeralcontainers"),
            ("create", "pods"),
            ("patch", "pods"),
            ("patch", "deployments"),
        ] {
            let user = format!("system:serviceaccount:netfault-system:{account}");
            let words = format!("auth can-i {verb} {resource} --as {user} --all-namespaces");
            let answer = Cluster::of_env().kubectl(&words).stdout;
            assert_eq!(answer.trim(), "no", "{account}: {verb} {resource}");
        }
    }
}
