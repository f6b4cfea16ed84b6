//! `cargo xtask crds`: what is generated of deploy, so that one `kubectl apply` takes it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

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
    if args.check {
        check(workspace)?;
        return Ok(ExitCode::SUCCESS);
    }
    let made = Made::new(workspace)?;
    for name in made.stale() {
        let path = made.folder.join(name);
        fs::write(&path, &made.texts[name]).with_context(|| path.display().to_string())?;
        println!("wrote {FOLDER}/{name}");
    }
    for name in made.left_over()? {
        fs::remove_file(made.folder.join(&name))?;
        println!("removed {FOLDER}/{name}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Fails unless every file is what it is made from.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let made = Made::new(workspace)?;
    let stale = made.stale().cloned();
    let wrong: Vec<_> = stale.chain(made.left_over()?).collect();
    ensure!(
        wrong.is_empty(),
        "in {FOLDER}, not what it is made from: {}; run cargo xtask crds",
        wrong.join(", ")
    );
    Ok(())
}

/// The text of each file as it should be, by its path below the folder.
struct Made {
    folder: PathBuf,
    texts: BTreeMap<String, String>,
}

impl Made {
    fn new(workspace: &Workspace) -> Result<Self> {
        let folder = workspace.root().join(FOLDER);
        let mut texts = definitions(workspace)?;
        let whole = whole(&folder, &texts)?;
        texts.insert(ONE_FILE.to_owned(), whole);
        Ok(Self { folder, texts })
    }

    /// The files that say something else, or are not there.
    fn stale(&self) -> impl Iterator<Item = &String> {
        let is_stale = |(name, text): &(&String, &String)| {
            fs::read_to_string(self.folder.join(name)).ok().as_ref() != Some(*text)
        };
        self.texts.iter().filter(is_stale).map(|(name, _)| name)
    }

    /// The definitions that are there and of no type any more.
    fn left_over(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.folder.join("crds"))? {
            names.push(format!("crds/{}", entry?.file_name().display()));
        }
        names.retain(|name| !self.texts.contains_key(name));
        Ok(names)
    }
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
