//! The example files for clusters, and a look at them as the API server takes them.

use std::fs;
use std::path::{Path, PathBuf};

use chaos_api::NetworkFault;
use kube::CustomResourceExt;
use kube_cel::Validator;
use serde_json::Value;

/// The files of a folder of `examples/cluster`.
pub(crate) fn files(folder: &str) -> Vec<PathBuf> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/cluster");
    let entries = fs::read_dir(examples.join(folder)).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some());
    files.sort();
    assert!(!files.is_empty());
    files
}

/// The lines of the file's head that begin with a word, without it.
pub(crate) fn head(text: &str, word: &str) -> Vec<String> {
    let comments = text.lines().map_while(|line| line.strip_prefix("# "));
    comments
        .filter_map(|line| line.strip_prefix(word)?.strip_prefix(": "))
        .map(ToOwned::to_owned)
        .collect()
}

/// The schema of an object. `type` is unknown to the evaluator here, and said in another way.
fn schema() -> Value {
    let crd = serde_json::to_value(NetworkFault::crd()).unwrap();
    let schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"].to_string();
    let number = |port: &str| format!("string({port}).matches('^[0-9]+$')");
    let schema = ["self.port", "p.port"]
        .into_iter()
        .fold(schema, |text, port| {
            text.replace(&format!("type({port}) == int"), &number(port))
                .replace(
                    &format!("type({port}) != int"),
                    &format!("!{}", number(port)),
                )
        });
    serde_json::from_str(&schema).unwrap()
}

/// What the rules say about an object, and about a change to it, as `path: message`.
pub(crate) fn rules(object: &Value, old: Option<&Value>) -> Vec<String> {
    let found = Validator::new().validate(&schema(), object, old);
    let errors = found.map_or_else(kube_cel::ValidationErrors::into_vec, |()| Vec::new());
    errors
        .iter()
        .map(|error| format!("{}: {}", error.field_path, error.message))
        .collect()
}
