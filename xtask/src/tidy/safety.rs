//! Where `unsafe` may stand, and that every other crate forbids it.

use super::{
    Finding,
    tree::{Crate, Tree},
};

/// Crates that share memory with the kernel, or are loaded into it.
const UNSAFE_CRATES: [&str; 2] = ["chaos-abi", "chaos-ebpf"];

/// The one crate in which a part may: where it may.
const PARTLY_UNSAFE: (&str, &str) = ("chaos-agent", "chaos-agent/src/dataplane");

/// What the others say in their first file. Cargo refuses it beside inherited lints.
const FORBID: &str = "#![forbid(unsafe_code)]";

/// Checks every crate.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    tree.crates
        .iter()
        .flat_map(|one| check_crate(tree, one))
        .collect()
}

fn check_crate(tree: &Tree, one: &Crate) -> Vec<Finding> {
    if UNSAFE_CRATES.contains(&one.name.as_str()) {
        return Vec::new();
    }
    let (partly, allowed) = PARTLY_UNSAFE;
    let is_partly = one.name == partly;
    let mut findings = Vec::new();
    for source in tree.sources_of(one) {
        if is_partly && source.path.starts_with(allowed) {
            continue;
        }
        if let Some(line) = source.line_of("unsafe") {
            let place = format!("{}:{line}", source.path);
            findings.push(Finding::new(place, "unsafe code is not allowed here"));
        }
        if !(is_partly && is_library(one, &source.path))
            && is_first_file(one, &source.path)
            && !source.code.contains(FORBID)
        {
            findings.push(Finding::new(&source.path, format!("has no {FORBID}")));
        }
    }
    findings
}

/// The first file of anything but a build script, which never leaves the machine that builds.
fn is_first_file(one: &Crate, path: &str) -> bool {
    one.targets
        .iter()
        .any(|target| target.file == path && target.kind != "custom-build")
}

fn is_library(one: &Crate, path: &str) -> bool {
    one.targets
        .iter()
        .any(|target| target.file == path && target.kind == "lib")
}
