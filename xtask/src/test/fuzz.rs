//! Suite `fuzz`: libFuzzer's targets, for a time that is bounded.

use std::{fs, process::Command};

use anyhow::Result;

use super::suites::{Context, Suite};
use crate::{
    build::BUILD_BOUND,
    process,
    workspace::{HOST_TRIPLE, Workspace},
};

/// The target, as its program and the folder of its corpus are called.
const TARGET: &str = "parser";

/// Seconds that it runs, and in a quick run.
const SECONDS: [u32; 2] = [60, 10];

/// What makes the compiler tell libFuzzer which branches were taken.
const COVERAGE: [&str; 5] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Ccodegen-units=1",
];

/// Runs the target on its corpus and what it finds from there on.
pub(super) fn suite(context: &mut Context, suite: &Suite) -> Result<()> {
    let seconds = SECONDS[usize::from(context.options.quick)];
    let mut run = built(context.workspace, seconds)?;
    let outcome = process::status(&mut run, suite.bound);
    context.report.checked(TARGET, outcome);
    Ok(())
}

/// Builds the target, and returns the command that runs it.
fn built(workspace: &Workspace, seconds: u32) -> Result<Command> {
    let own = workspace.target("fuzz");
    let mut cargo = workspace.cargo();
    cargo
        .args(["build", "--release", "--target", HOST_TRIPLE])
        .args(["--package", "chaos-fuzz", "--features", "libfuzzer"])
        .args(["--bin", TARGET])
        .env("CARGO_TARGET_DIR", &own)
        .env("CARGO_ENCODED_RUSTFLAGS", COVERAGE.join("\x1f"))
        .env("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "true")
        .env("CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS", "true");
    process::status(&mut cargo, BUILD_BOUND)?;
    let found = own.join("corpus").join(TARGET);
    fs::create_dir_all(&found)?;
    let mut run = Command::new(own.join(HOST_TRIPLE).join("release").join(TARGET));
    run.arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/", own.display()))
        .args(["-timeout=10", "-verbosity=0", "-print_final_stats=1"])
        .arg(found)
        .arg(workspace.root().join("tests/fuzz/corpus").join(TARGET));
    Ok(run)
}
