//! In a pipeline: a Job with a namespaced role that breaks something, checks, and puts it back.

use std::time::Duration;

use chaos_api::{FaultState, Reason};
use chaos_tests::cluster::{Fault, Pod, Town, Untouched, Workload, nanoseconds, soon};
use chaos_tests::promises;
use chaos_witness::now;
use serde_json::{Value, json};

promises! { [Cluster]
    a_job_completes_or_fails_by_what_its_command_says,
    a_job_that_is_killed_leaves_a_fault_that_ends_on_time
}

const SOON: Duration = Duration::from_secs(40);
const IMAGE: &str = "netfault.dev/netfault:v0.1.0";
const MARGIN: Duration = Duration::from_millis(500);

fn scene(label: &str) -> (Town, Pod) {
    let town = Town::open(label);
    town.start([Workload::web("web")]);
    town.start([Workload::witness("client", "http-poll --server web:80")]);
    let client = town.pod("client");
    town.kubectl("create serviceaccount chaos");
    let account = format!("--serviceaccount {}:chaos", town.name());
    town.kubectl(&format!(
        "create rolebinding chaos --clusterrole netfault-user {account}"
    ));
    (town, client)
}

fn a_job_completes_or_fails_by_what_its_command_says() {
    let (town, client) = scene("job");
    let untouched = Untouched::watch([client.clone()]);
    // A CronJob's own schedule is the API's; what it starts is ours.
    town.apply([cron("nightly", "good", "/bin/netfault version")]);
    town.kubectl("create job good --from cronjob/nightly");
    town.apply([job("bad", "/bin/netfault status nothing")]);
    assert_eq!(end_of(&town, "good"), "Complete");
    assert_eq!(end_of(&town, "bad"), "Failed");
    for name in ["good", "bad"] {
        let fault = Fault::named(&town, name, 0);
        let status = fault.status();
        assert_eq!(status.state, FaultState::Ended, "{status:#?}");
        let end = status.condition(chaos_api::ConditionType::Succeeded);
        assert_eq!(end.expect("it is told").reason, Reason::Stopped.as_str());
    }
    let healed = now();
    client.await_lines("main", "answers", SOON, |lines| {
        (lines.from(healed).answers() >= 5).then_some(())
    });
    untouched.assert();
}

fn a_job_that_is_killed_leaves_a_fault_that_ends_on_time() {
    let (town, client) = scene("killed");
    let asked = now();
    town.apply([job("long", "/bin/netfault status long --watch")]);
    let fault = Fault::named(&town, "long", asked);
    fault.await_status("it is in force", SOON, |status| status.active == 1);
    let ends = fault.ends();
    town.kubectl("delete pods -l job-name=long --grace-period=0 --force");
    let lines = client.await_lines("main", "answers", SOON, |lines| {
        (lines.from(ends).answers() >= 10).then(|| lines.clone())
    });
    assert!(!lines.failures().is_empty(), "it was in force");
    let late = lines.from(ends + nanoseconds(MARGIN)).failures();
    assert_eq!(late, [], "after its end");
    fault.await_end(SOON);
}

/// A Job that runs a command under a fault that has the Job's name.
fn job(name: &str, command: &str) -> Value {
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": { "name": name },
        "spec": work(name, command),
    })
}

fn cron(name: &str, fault: &str, command: &str) -> Value {
    json!({
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": { "name": name },
        "spec": {
            "schedule": "0 3 * * *",
            "concurrencyPolicy": "Forbid",
            "jobTemplate": { "spec": work(fault, command) },
        },
    })
}

fn work(fault: &str, command: &str) -> Value {
    let words = format!(
        "/bin/netfault run reset deploy/client --to svc/web --for 10s --name {fault} -- {command}"
    );
    let words: Vec<_> = words.split_whitespace().collect();
    json!({
        "backoffLimit": 0,
        "template": { "spec": {
            "serviceAccountName": "chaos",
            "restartPolicy": "Never",
            "containers": [{
                "name": "main",
                "image": IMAGE,
                "command": words,
                "resources": { "limits": { "cpu": "20m", "memory": "64Mi" } },
            }],
        } },
    })
}

/// How a Job ended: `Complete` or `Failed`.
fn end_of(town: &Town, job: &str) -> String {
    soon(&format!("job {job} has ended"), SOON, || {
        let conditions = town.get(&format!("job {job}"))["status"]["conditions"].take();
        let conditions = conditions.as_array()?.iter();
        let mut ends = conditions.filter(|one| one["status"] == "True");
        let end = ends.find(|one| one["type"] == "Complete" || one["type"] == "Failed")?;
        end["type"].as_str().map(str::to_owned)
    })
}
