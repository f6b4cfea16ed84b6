//! `cargo xtask tidy`: the rules of this code base that no compiler checks.

mod edges;
mod files;
mod modules;
mod safety;
mod source;
mod tree;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::{tidy::tree::Tree, workspace::Workspace};

/// One broken rule: the file it is broken in, and what is wrong.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    place: String,
    problem: String,
}

impl Finding {
    fn new(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            problem: problem.into(),
        }
    }
}

/// Runs `cargo xtask tidy`.
pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode> {
    check(workspace)?;
    println!("tidy: no findings");
    Ok(ExitCode::SUCCESS)
}

/// Prints all findings; an error says how many there were.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let tree = Tree::read(workspace)?;
    let mut findings = edges::check(&tree);
    findings.extend(safety::check(&tree));
    findings.extend(modules::check(&tree));
    findings.extend(files::check(&tree)?);
    findings.sort();
    for Finding { place, problem } in &findings {
        println!("{place}: {problem}");
    }
    match findings.len() {
        0 => Ok(()),
        1 => bail!("tidy has 1 finding"),
        count => bail!("tidy has {count} findings"),
    }
}
