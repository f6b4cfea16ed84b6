//! `cargo xtask lint`: rustfmt and clippy, the same in a terminal and in CI.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::{
    build::BUILD_BOUND,
    process,
    setup::{self, Purpose},
    workspace::Workspace,
};

/// One check: its name in the test report, and the command.
type Check = (&'static str, fn(&Workspace) -> Command);

/// The checks, cheapest first.
pub(crate) const CHECKS: [Check; 2] = [("lint fmt", fmt), ("lint clippy", clippy)];

/// Runs `cargo xtask lint`.
pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode> {
    setup::ensure(workspace, &[Purpose::Unit])?;
    let mut clean = true;
    for (name, command) in CHECKS {
        if let Err(error) = process::status(&mut command(workspace), BUILD_BOUND) {
            eprintln!("{name}: {error:#}");
            clean = false;
        }
    }
    Ok(if clean {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn fmt(workspace: &Workspace) -> Command {
    let mut cargo = workspace.cargo();
    cargo.args(["fmt", "--all", "--check"]);
    cargo
}

fn clippy(workspace: &Workspace) -> Command {
    let mut cargo = workspace.cargo();
    cargo.args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]);
    cargo
}
