//! A fault of another version, which the controller cannot read: it is told, and all others go on.

use std::fs;
use std::time::Duration;

use chaos_tests::cluster::{Cluster, Town, Workload, soon};
use chaos_tests::promises;
use serde_json::{Value, json};
use tempfile::NamedTempFile;

promises! { [ClusterAlone] and_is_told_by_field_while_others_come_and_go in 120 }

const SOON: Duration = Duration::from_secs(30);
const CRD: &str = "crd networkfaults.netfault.dev";

fn and_is_told_by_field_while_others_come_and_go() {
    let town = Town::open("odd");
    town.start([Workload::web("web")]);
    {
        let _loose = LooseSchema::new();
        soon("the API server takes any word", SOON, || {
            let odd = NamedTempFile::new().expect("a temporary file can be made");
            fs::write(&odd, odd_fault(&town).to_string()).expect("it can be written");
            let path = odd.path().to_str().expect("it is text");
            let words = ["create", "--validate=false", "-f", path];
            (town.cluster().kubectl_with(&words).code == 0).then_some(())
        });
    }
    let told = soon("it is told", SOON, || {
        let events = town.get("events --field-selector reason=Unreadable");
        let note = events["items"][0]["message"].as_str();
        note.map(str::to_owned)
    });
    assert!(told.contains("spec.mode: "), "{told}");
    let status = town.netfault("status odd");
    status.expect_code(1);
    assert!(status.stderr.contains("spec.mode: "), "{status:?}");

    let fault = town.inject("blackhole deploy/web --to 203.0.113.1 --for 30s");
    let list = town.netfault("list");
    list.expect_code(0);
    assert!(list.stdout.contains(fault.name()), "{list:?}");
    assert!(list.stderr.contains("spec.mode: "), "{list:?}");
    fault.stop();
}

fn odd_fault(town: &Town) -> Value {
    json!({
        "apiVersion": "netfault.dev/v1alpha1",
        "kind": "NetworkFault",
        "metadata": { "name": "odd", "namespace": town.name() },
        "spec": {
            "selector": { "matchLabels": { "app": "web" } },
            "mode": "some",
            "faults": { "blackhole": {} },
            "duration": "10s",
        },
    })
}

/// The API server takes any word for a mode; dropping this brings the rules back.
struct LooseSchema {
    before: String,
}

impl LooseSchema {
    fn new() -> Self {
        let crd = Cluster::of_env().get(CRD);
        let version = &crd["spec"]["versions"][0];
        let spec = &version["schema"]["openAPIV3Schema"]["properties"]["spec"];
        let rules = &spec["x-kubernetes-validations"];
        let before = patch(&spec["properties"]["mode"], rules);
        let guard = Self { before };
        apply(&patch(&json!({ "type": "string" }), &json!([])));
        guard
    }
}

impl Drop for LooseSchema {
    fn drop(&mut self) {
        apply(&self.before);
    }
}

fn patch(mode: &Value, rules: &Value) -> String {
    let spec = "/spec/versions/0/schema/openAPIV3Schema/properties/spec";
    let replace = |path: &str, value: &Value| json!({ "op": "replace", "path": format!("{spec}/{path}"), "value": value });
    let both = [
        replace("properties/mode", mode),
        replace("x-kubernetes-validations", rules),
    ];
    json!(both).to_string()
}

fn apply(patch: &str) {
    let mut words = vec!["patch"];
    words.extend(CRD.split(' '));
    words.extend(["--type=json", "-p", patch]);
    Cluster::of_env().kubectl_with(&words).expect_code(0);
}
