//! The files in `examples/` are read; those in `examples/refused/` are refused with the line that
//! their first comment expects.

use std::fs;
use std::path::{Path, PathBuf};

use chaos_api::NetworkFault;

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(folder);
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries
        .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

#[test]
fn every_example_is_read_and_survives_being_written() {
    for file in files("examples") {
        let text = fs::read_to_string(&file).unwrap();
        let fault = NetworkFault::from_yaml(&text).unwrap_or_else(|e| panic!("{file:?}: {e}"));
        let yaml = serde_saphyr::to_string(&fault).unwrap();
        assert_eq!(
            NetworkFault::from_yaml(&yaml).as_ref(),
            Ok(&fault),
            "{file:?}: {yaml}"
        );
        let json = serde_json::to_string(&fault).unwrap();
        assert_eq!(
            NetworkFault::from_yaml(&json),
            Ok(fault),
            "{file:?}: {json}"
        );
    }
}

#[test]
fn every_refused_example_is_refused_with_the_line_it_expects() {
    for file in files("examples/refused") {
        let text = fs::read_to_string(&file).unwrap();
        let comments = text.lines().map_while(|line| line.strip_prefix("# "));
        let expected: Vec<&str> = comments.collect();
        let error = NetworkFault::from_yaml(&text)
            .expect_err("refused")
            .to_string();
        assert_eq!(error, expected.join("\n"), "{file:?}");
    }
}
