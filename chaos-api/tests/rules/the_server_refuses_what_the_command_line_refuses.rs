//! The files in `examples/cluster` are accepted and those in its folder `refused` are refused: by
//! the command line with the lines after `cli:`, by the API server with those after `api:`.

use std::fs;

use chaos_api::{NetworkFault, NetworkFaultSpec};
use serde_json::Value;

use crate::files::{files, head, rules};

/// Words by which the API server begins what its schema refuses, without any rule.
const BY_SCHEMA: [&str; 3] = ["Required value", "Unsupported value", "unknown field"];

#[test]
fn every_example_is_accepted_by_both_and_survives_being_written() {
    for file in files("") {
        let text = fs::read_to_string(&file).unwrap();
        let fault = NetworkFault::from_cluster_yaml(&text);
        let fault = fault.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let object: Value = serde_saphyr::from_str(&text).unwrap();
        assert_eq!(rules(&object, None), [""; 0], "{}", file.display());
        let written = serde_json::to_value(&fault.spec).unwrap();
        let read: NetworkFaultSpec = serde_json::from_value(written).unwrap();
        assert_eq!(read, fault.spec, "{}", file.display());
    }
}

#[test]
fn every_refused_example_is_refused_by_both_with_the_lines_it_expects() {
    for file in files("refused") {
        let text = fs::read_to_string(&file).unwrap();
        let error = NetworkFault::from_cluster_yaml(&text).expect_err("refused");
        let expected = head(&text, "cli").join("\n");
        assert_eq!(error.to_string(), expected, "{}", file.display());
        let object: Value = serde_saphyr::from_str(&text).unwrap();
        let by_rule: Vec<_> = head(&text, "api")
            .into_iter()
            .filter(|line| !BY_SCHEMA.iter().any(|word| line.contains(word)))
            .collect();
        if !by_rule.is_empty() {
            assert_eq!(rules(&object, None), by_rule, "{}", file.display());
        }
        assert!(!head(&text, "api").is_empty(), "{}", file.display());
    }
}
