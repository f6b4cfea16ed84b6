//! What holds for every file: how it begins, how long it is, that it names no one's machine.

use std::{
    fs,
    path::{Component, Path},
};

use anyhow::Result;

use super::{
    Finding,
    tree::{Crate, Tree},
};

/// Past this, a file has usually become two things.
const MOST_LINES: usize = 500;

/// A program's first file shows what it is made of; the rest is in its library.
const MOST_MAIN_LINES: usize = 19;

/// The crates whose programs are shipped.
const SHIPPED: [&str; 3] = ["chaos-agent", "chaos-cli", "chaos-control"];

/// A directory beside the checkout, which exists on one machine only.
const BESIDE: &str = concat!("..", "/shared");

/// Directories that are the same on every machine, so that naming one gives nothing away.
const COMMON_DIRECTORIES: [&str; 18] = [
    "bin", "boot", "dev", "etc", "home", "lib", "media", "mnt", "opt", "proc", "root", "run",
    "sbin", "srv", "sys", "tmp", "usr", "var",
];

/// Checks every file and every manifest.
pub(crate) fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let mut findings: Vec<Finding> = tree.crates.iter().filter_map(manifest).collect();
    findings.extend(tree.crates.iter().flat_map(|one| long_mains(tree, one)));
    for source in &tree.sources {
        if !source.text.starts_with("//!") {
            findings.push(Finding::new(
                &source.path,
                "does not begin with a `//!` line",
            ));
        }
        let lines = source.text.lines().count();
        if lines > MOST_LINES {
            let problem = format!("has {lines} lines, more than {MOST_LINES}");
            findings.push(Finding::new(&source.path, problem));
        }
    }
    findings.extend(machine_paths(tree)?);
    Ok(findings)
}

/// A crate that does not inherit the workspace's lints is checked by none.
fn manifest(one: &Crate) -> Option<Finding> {
    let inherits = one
        .manifest
        .lines()
        .map(str::trim)
        .skip_while(|line| *line != "[lints]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .any(|line| line.replace(' ', "") == "workspace=true");
    (!inherits).then(|| {
        let place = format!("{}/Cargo.toml", one.dir);
        Finding::new(place, "does not inherit the workspace's lints")
    })
}

fn long_mains(tree: &Tree, one: &Crate) -> Vec<Finding> {
    let mains = one.targets.iter().filter(|target| target.kind == "bin");
    let shipped = mains.filter(|_| SHIPPED.contains(&one.name.as_str()));
    shipped
        .filter_map(|target| {
            let source = tree
                .sources
                .iter()
                .find(|source| source.path == target.file)?;
            let lines = source.text.lines().count();
            let problem = format!("has {lines} lines, more than {MOST_MAIN_LINES}");
            (lines > MOST_MAIN_LINES).then(|| Finding::new(&source.path, problem))
        })
        .collect()
}

/// Files that name the place of this checkout, which is no one else's.
fn machine_paths(tree: &Tree) -> Result<Vec<Finding>> {
    let mut words = vec![BESIDE.to_owned()];
    words.extend(tree.root.parent().and_then(telling));
    let mut findings = Vec::new();
    for file in &tree.files {
        let bytes = fs::read(tree.root.join(file))?;
        let text = String::from_utf8_lossy(&bytes);
        for (index, line) in text.lines().enumerate() {
            for word in words.iter().filter(|word| line.contains(word.as_str())) {
                let place = format!("{file}:{}", index + 1);
                findings.push(Finding::new(
                    place,
                    format!("names a path of one machine: {word}"),
                ));
            }
        }
    }
    Ok(findings)
}

/// A directory as text, if it tells one machine from another.
fn telling(dir: &Path) -> Option<String> {
    let mut parts = dir.components().filter_map(|part| match part {
        Component::Normal(name) => name.to_str(),
        _ => None,
    });
    let first = parts.next()?;
    let is_home = first == "home" && parts.next().is_some();
    (is_home || !COMMON_DIRECTORIES.contains(&first)).then(|| format!("{}/", dir.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inherits(manifest_text: &str) -> bool {
        let one = Crate {
            name: "x".to_owned(),
            dir: "x".to_owned(),
            manifest: manifest_text.to_owned(),
            dependencies: Vec::new(),
            targets: Vec::new(),
        };
        manifest(&one).is_none()
    }

    #[test]
    fn lints_are_inherited_only_by_the_lints_table() {
        assert!(inherits(
            "[package]\nname = \"x\"\n\n[lints]\nworkspace = true\n"
        ));
        assert!(!inherits("[package]\nversion.workspace = true\n"));
        assert!(!inherits("[lints]\n\n[other]\nworkspace = true\n"));
    }

    #[test]
    fn only_a_directory_of_one_machine_is_looked_for() {
        let telling = |dir: &str| super::telling(Path::new(dir));
        assert_eq!(telling("/build/ann").as_deref(), Some("/build/ann/"));
        assert_eq!(telling("/home/ann/src").as_deref(), Some("/home/ann/src/"));
        for common in ["/", "/tmp", "/root", "/home", "/var/tmp"] {
            assert_eq!(telling(common), None, "{common}");
        }
    }
}
