//! The definitions as the API server wants them: everything bounded, every rule readable.

use chaos_api::{Halt, NetworkFault, NodePlan, NodeReport};
use kube::CustomResourceExt;
use serde_json::Value;

/// The parts that Kubernetes' own types bring along, whose bounds are not ours to set.
const NOT_OURS: [&str; 1] = ["conditions"];

#[test]
fn every_list_and_every_text_of_a_spec_is_bounded() {
    for crd in [
        NetworkFault::crd(),
        NodePlan::crd(),
        NodeReport::crd(),
        Halt::crd(),
    ] {
        let name = crd.metadata.name.clone().unwrap();
        let crd = serde_json::to_value(crd).unwrap();
        let schema = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
        let mut loose = Vec::new();
        walk(&name, schema, &mut loose);
        assert_eq!(loose, [""; 0]);
    }
}

fn walk(path: &str, schema: &Value, loose: &mut Vec<String>) {
    let bounded = match schema["type"].as_str() {
        Some("string") => schema.get("maxLength").is_some() || schema.get("enum").is_some(),
        Some("array") => schema.get("maxItems").is_some(),
        _ if schema.get("x-kubernetes-int-or-string").is_some() => {
            schema.get("maxLength").is_some()
        }
        _ => schema.get("additionalProperties").is_none() || schema.get("maxProperties").is_some(),
    };
    if !bounded {
        loose.push(path.to_owned());
    }
    for (name, part) in schema["properties"].as_object().into_iter().flatten() {
        if !NOT_OURS.contains(&name.as_str()) {
            walk(&format!("{path}.{name}"), part, loose);
        }
    }
    for word in ["items", "additionalProperties"] {
        if let Some(part) = schema.get(word) {
            walk(&format!("{path}[]"), part, loose);
        }
    }
}

#[test]
fn a_table_of_faults_says_what_a_person_asks() {
    let crd = serde_json::to_value(NetworkFault::crd()).unwrap();
    let columns = &crd["spec"]["versions"][0]["additionalPrinterColumns"];
    let names: Vec<_> = columns
        .as_array()
        .unwrap()
        .iter()
        .map(|c| &c["name"])
        .collect();
    assert_eq!(
        names,
        ["Faults", "Mode", "State", "Pods", "Matched", "Ends", "Age"]
    );
    assert_eq!(crd["spec"]["names"]["shortNames"][0], "nf");
}
