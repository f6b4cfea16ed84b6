//! The crate edges are the architecture: a new one is a change of design.

use super::{
    Finding,
    tree::{Crate, Dependency, Tree},
};

/// Each crate, and the crates of this workspace that it may use.
const ALLOWED: &[(&str, &[&str])] = &[
    ("chaos-abi", &[]),
    ("chaos-agent", &["chaos-abi", "chaos-api", "chaos-plan"]),
    ("chaos-api", &[]),
    (
        "chaos-cli",
        &[
            "chaos-abi",
            "chaos-agent",
            "chaos-api",
            "chaos-ebpf",
            "chaos-plan",
        ],
    ),
    ("chaos-control", &["chaos-api", "chaos-plan"]),
    ("chaos-ebpf", &["chaos-abi"]),
    ("chaos-fuzz", &["chaos-abi", "chaos-ebpf"]),
    ("chaos-plan", &["chaos-abi", "chaos-api"]),
    (
        "chaos-tests",
        &[
            "chaos-abi",
            "chaos-agent",
            "chaos-api",
            "chaos-cli",
            "chaos-control",
            "chaos-ebpf",
            "chaos-plan",
            "chaos-witness",
        ],
    ),
    ("chaos-witness", &[]),
    ("xtask", &[]),
];

/// What talks to the kernel's BPF from user space.
const AYA: [&str; 3] = ["aya", "aya-log", "aya-obj"];

/// Who may depend on it, and where it may be named there.
const AYA_PLACES: [(&str, &str); 3] = [
    ("chaos-abi", "chaos-abi/src/user.rs"),
    ("chaos-agent", "chaos-agent/src/dataplane"),
    ("chaos-tests", "tests/"),
];

/// Kernel programs use it too, so that user space's part must be a feature.
const AYA_OPTIONAL: &str = "chaos-abi";

/// What would make planning impure; time and chance are arguments there.
const IMPURE_CRATES: [&str; 6] = [
    "fastrand",
    "getrandom",
    "kube",
    "kube-client",
    "rand",
    "tokio",
];
const CLOCKS: [&str; 2] = ["Instant", "SystemTime"];

/// Checks edges, where aya is used, and that planning stays pure.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let names: Vec<&str> = tree.crates.iter().map(|one| one.name.as_str()).collect();
    let mut findings = Vec::new();
    for one in &tree.crates {
        let manifest = format!("{}/Cargo.toml", one.dir);
        let mut report = |problem: String| findings.push(Finding::new(&manifest, problem));
        unknown_edges(one, &names).into_iter().for_each(&mut report);
        for dependency in &one.dependencies {
            bad_dependency(&one.name, dependency)
                .into_iter()
                .for_each(&mut report);
        }
    }
    findings.extend(words_out_of_place(tree));
    findings
}

/// The edges of a crate to others of the workspace that are not in the table.
fn unknown_edges(one: &Crate, workspace: &[&str]) -> Vec<String> {
    let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == one.name) else {
        return vec![format!("{} is not in tidy's table of crates", one.name)];
    };
    one.dependencies
        .iter()
        .map(|dependency| dependency.name.as_str())
        .filter(|dependency| workspace.contains(dependency) && !allowed.contains(dependency))
        .map(|dependency| format!("{} may not depend on {dependency}", one.name))
        .collect()
}

/// What is wrong with a dependency on a crate from outside of the workspace.
fn bad_dependency(owner: &str, dependency: &Dependency) -> Option<String> {
    let name = dependency.name.as_str();
    if owner == "chaos-plan" && IMPURE_CRATES.contains(&name) {
        return Some(format!("planning is pure and may not depend on {name}"));
    }
    if !AYA.contains(&name) {
        return None;
    }
    if AYA_PLACES.iter().all(|(user, _)| *user != owner) {
        return Some(format!("{owner} may not depend on {name}"));
    }
    (owner == AYA_OPTIONAL && !dependency.optional)
        .then(|| format!("{owner} may depend on {name} only for a feature"))
}

fn words_out_of_place(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in &tree.sources {
        let mut report = |line: usize, problem: String| {
            findings.push(Finding::new(format!("{}:{line}", source.path), problem));
        };
        if AYA_PLACES
            .iter()
            .all(|(_, place)| !source.path.starts_with(place))
        {
            for name in AYA {
                if let Some(line) = source.line_of_crate(&name.replace('-', "_")) {
                    report(line, format!("{name} may not be named here"));
                }
            }
        }
        if source.path.starts_with("chaos-plan/src/") {
            for clock in CLOCKS {
                if let Some(line) = source.line_of(clock) {
                    report(
                        line,
                        format!("planning has no clock, and this names {clock}"),
                    );
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(name: &str, dependencies: &[&str]) -> Vec<String> {
        let one = Crate {
            name: name.to_owned(),
            dir: name.to_owned(),
            manifest: String::new(),
            dependencies: dependencies
                .iter()
                .map(|name| dependency(name, false))
                .collect(),
            targets: Vec::new(),
        };
        let workspace: Vec<&str> = ALLOWED.iter().map(|(name, _)| *name).collect();
        unknown_edges(&one, &workspace)
    }

    fn dependency(name: &str, optional: bool) -> Dependency {
        Dependency {
            name: name.to_owned(),
            optional,
        }
    }

    #[test]
    fn only_the_dataplane_s_crates_talk_to_the_kernel_and_planning_stays_pure() {
        let bad = |owner, name, optional| bad_dependency(owner, &dependency(name, optional));
        assert_eq!(bad("chaos-agent", "aya", false), None);
        assert_eq!(bad("chaos-abi", "aya", true), None);
        assert!(bad("chaos-abi", "aya", false).is_some());
        assert!(bad("chaos-cli", "aya-obj", true).is_some());
        assert!(bad("chaos-plan", "rand", false).is_some());
        assert_eq!(bad("chaos-cli", "rand", false), None);
    }

    #[test]
    fn only_the_edges_of_the_table_are_allowed() {
        assert!(problems("chaos-plan", &["chaos-abi", "chaos-api", "serde"]).is_empty());
        let problem = "chaos-plan may not depend on chaos-agent";
        assert_eq!(problems("chaos-plan", &["chaos-agent"]), [problem]);
        let problem = "chaos-abi may not depend on chaos-api";
        assert_eq!(problems("chaos-abi", &["chaos-api"]), [problem]);
        assert_eq!(problems("chaos-new", &[]).len(), 1);
    }
}
