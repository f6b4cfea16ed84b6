//! `cargo xtask crds`: what is generated of deploy, so that one `kubectl apply` takes it.

use std::{collections::BTreeMap, fs, path::Path, process::ExitCode};

use anyhow::{Context, Result, ensure};

use crate::{
    build::BUILD_BOUND,
    process::{self, End},
    workspace::Workspace,
};

/// Writes the definitions of netfault's objects into deploy/crds, and all that an installation needs
/// into deploy/netfault.yaml.
///
/// The definitions are made from the types of chaos-api, the one file from them and what
/// deploy/kustomization.yaml lists; neither is edited by hand.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write nothing; fail if a file is not what it is made from
    #[arg(long)]
    check: bool,
}

/// Where the files are, in the checkout.
const FOLDER: &str = "deploy";

/// The files that `kubectl apply -k` reads, in order.
const LIST: &str = "kustomization.yaml";

/// All of them in one.
const ONE_FILE: &str = "netfault.yaml";

/// What stands before the name of each document.
const HEAD: &str = "--- # ";

/// Runs `cargo xtask crds`.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let folder = workspace.root().join(FOLDER);
    let mut wanted = definitions(workspace)?;
    let whole = whole(&folder, &wanted)?;
    wanted.insert(ONE_FILE.to_owned(), whole);
    let is_stale =
        |name: &str| fs::read_to_string(folder.join(name)).ok().as_ref() != wanted.get(name);
    let stale: Vec<_> = wanted.keys().filter(|name| is_stale(name)).collect();
    let left_over = left_over(&folder, &wanted)?;
    if args.check {
        for name in stale.iter().copied().chain(&left_over) {
            eprintln!("{FOLDER}/{name} is not what it is made from; run cargo xtask crds");
        }
        let is_clean = stale.is_empty() && left_over.is_empty();
        return Ok(if is_clean {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        });
    }
    for name in stale {
        let path = folder.join(name);
        fs::write(&path, &wanted[name]).with_context(|| path.display().to_string())?;
        println!("wrote {FOLDER}/{name}");
    }
    for name in &left_over {
        fs::remove_file(folder.join(name))?;
        println!("removed {FOLDER}/{name}");
    }
    Ok(ExitCode::SUCCESS)
}

/// What the list names, in its order, as one text.
fn whole(folder: &Path, made: &BTreeMap<String, String>) -> Result<String> {
    let read = |name: &str| {
        let path = folder.join(name);
        fs::read_to_string(&path).with_context(|| path.display().to_string())
    };
    let list = read(LIST)?;
    let mut whole =
        "# Everything netfault needs in a cluster: kubectl apply --server-side -f netfault.yaml\n\
        # Made by `cargo xtask crds` from what kustomization.yaml lists.\n"
            .to_owned();
    for name in list.lines().filter_map(|line| line.strip_prefix("  - ")) {
        let text = made
            .get(name)
            .map_or_else(|| read(name), |text| Ok(text.clone()))?;
        whole.push_str("---\n");
        whole.push_str(&text);
    }
    Ok(whole)
}

/// The text of each definition, by its file's name.
fn definitions(workspace: &Workspace) -> Result<BTreeMap<String, String>> {
    let mut cargo = workspace.cargo();
    cargo.args([
        "run",
        "--quiet",
        "--package",
        "chaos-api",
        "--example",
        "crds",
    ]);
    let mut lines = Vec::new();
    let end = process::lines(&mut cargo, BUILD_BOUND, |line| lines.push(line.to_owned()))?;
    ensure!(
        matches!(end, End::Exited(status) if status.success()),
        "{} failed",
        process::words(&cargo)
    );
    Ok(split(&lines))
}

/// One text for each head among the lines.
fn split(lines: &[String]) -> BTreeMap<String, String> {
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    let mut current = None;
    for line in lines {
        if let Some(name) = line.strip_prefix(HEAD) {
            current = Some(format!("crds/{name}.yaml"));
        } else if let Some(name) = &current {
            let text = texts.entry(name.clone()).or_default();
            text.push_str(line);
            text.push('\n');
        }
    }
    texts
}

/// The definitions that are there and of no type any more.
fn left_over(folder: &Path, wanted: &BTreeMap<String, String>) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder.join("crds"))? {
        names.push(format!("crds/{}", entry?.file_name().display()));
    }
    names.retain(|name| !wanted.contains_key(name));
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_head_begins_a_file() {
        let lines = ["--- # a", "x: 1", "--- # b", "y: 2", "z: 3"].map(ToOwned::to_owned);
        let texts = split(&lines);
        assert_eq!(texts["crds/a.yaml"], "x: 1\n");
        assert_eq!(texts["crds/b.yaml"], "y: 2\nz: 3\n");
        assert_eq!(texts.len(), 2);
    }
}
