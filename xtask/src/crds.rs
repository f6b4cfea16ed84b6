//! `cargo xtask crds`: the definitions of netfault's objects as files that `kubectl apply` takes.

use std::{collections::BTreeMap, fs, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result, ensure};

use crate::{
    build::BUILD_BOUND,
    process::{self, End},
    workspace::Workspace,
};

/// Writes the definitions of netfault's objects into deploy/crds.
///
/// They are made from the types of chaos-api, and never edited by hand.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write nothing; fail if a file is not what the types say
    #[arg(long)]
    check: bool,
}

/// Where the files are, in the checkout.
const FOLDER: &str = "deploy/crds";

/// What stands before the name of each document.
const HEAD: &str = "--- # ";

/// Runs `cargo xtask crds`.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let folder = workspace.root().join(FOLDER);
    let wanted = definitions(workspace)?;
    let there = files(&folder)?;
    let stale: Vec<_> = wanted
        .iter()
        .filter(|(name, text)| there.get(*name) != Some(text))
        .map(|(name, _)| name)
        .collect();
    let left_over: Vec<_> = there
        .keys()
        .filter(|name| !wanted.contains_key(*name))
        .collect();
    if stale.is_empty() && left_over.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    if args.check {
        for name in stale.iter().chain(&left_over) {
            eprintln!("{FOLDER}/{name} is not what the types say; run cargo xtask crds");
        }
        return Ok(ExitCode::FAILURE);
    }
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    for name in stale {
        fs::write(folder.join(name), &wanted[name])?;
        println!("wrote {FOLDER}/{name}");
    }
    for name in left_over {
        fs::remove_file(folder.join(name))?;
        println!("removed {FOLDER}/{name}");
    }
    Ok(ExitCode::SUCCESS)
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
            current = Some(format!("{name}.yaml"));
        } else if let Some(name) = &current {
            let text = texts.entry(name.clone()).or_default();
            text.push_str(line);
            text.push('\n');
        }
    }
    texts
}

/// The text of each file that is there, by its name.
fn files(folder: &PathBuf) -> Result<BTreeMap<String, String>> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(BTreeMap::new());
    };
    let mut files = BTreeMap::new();
    for entry in entries {
        let path = entry?.path();
        if let Some(name) = path.file_name().and_then(|name| name.to_str()) {
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            files.insert(name.to_owned(), text);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_head_begins_a_file() {
        let lines = ["--- # a", "x: 1", "--- # b", "y: 2", "z: 3"].map(ToOwned::to_owned);
        let texts = split(&lines);
        assert_eq!(texts["a.yaml"], "x: 1\n");
        assert_eq!(texts["b.yaml"], "y: 2\nz: 3\n");
        assert_eq!(texts.len(), 2);
    }
}
