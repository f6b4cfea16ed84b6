//! The tables of the examples, as text.

use std::fs;
use std::path::Path;

use chaos_plan::{Spare, Table, explain, lower};

use crate::faults_become_rules::read;

#[test]
fn each_example_becomes_the_table_it_always_became() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "yaml"));
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let fault = read(&fs::read_to_string(&file).unwrap());
        let table = lower(&Table::default(), &[fault]).unwrap();
        let name = file.file_stem().unwrap().to_str().unwrap();
        insta::assert_snapshot!(name, explain(&table));
    }
}

#[test]
fn what_is_spared_is_in_it() {
    let mut fault = read(include_str!("../../../examples/half-reset.yaml"));
    fault.spare = Spare {
        ports: vec![8080],
        sources: ["10.0.0.1", "fd00::1"].map(|s| s.parse().unwrap()).to_vec(),
    };
    let table = lower(&Table::default(), &[fault]).unwrap();
    insta::assert_snapshot!("spare", explain(&table));
}

#[test]
fn an_empty_table_says_so() {
    assert_eq!(
        explain(&Table::default()),
        "no rules: every packet passes\n"
    );
}
