//! `cargo xtask`: every command a person or a CI job needs to work on netfault.
#![forbid(unsafe_code)]

mod build;
mod cluster;
mod crds;
mod digest;
mod image;
mod lint;
mod process;
mod programs;
mod progress;
mod setup;
mod test;
mod tidy;
mod vm;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

use crate::workspace::Workspace;

/// Sets up, builds, tests and checks netfault.
///
/// A newcomer needs no command before these: each one installs what it misses.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
enum Command {
    Setup(setup::Args),
    /// Builds the release binaries.
    ///
    /// Builds the kernel programs with bpf-linker, embeds them, and leaves the command line tool in
    /// target/release/netfault. Installs the toolchain for BPF first where it is missing.
    Build,
    Demo(programs::DemoArgs),
    Test(test::Args),
    Bench(programs::BenchArgs),
    Cluster(cluster::Args),
    Crds(crds::Args),
    Image(image::Args),
    /// Checks the formatting and runs clippy, warnings as errors.
    ///
    /// Needs rustfmt and clippy, and no toolchain for BPF: the agent builds with a stub object.
    Lint,
    /// Checks the rules of this code base that no compiler checks.
    ///
    /// Which crate may use which, where `unsafe` and aya may stand, that every source file is
    /// compiled and begins with what it is for, that none has become two things. Needs nothing but cargo.
    Tidy,
}

fn main() -> ExitCode {
    let command = Command::parse();
    let outcome = Workspace::locate().and_then(|workspace| {
        process::forward_signals()?;
        match command {
            Command::Setup(args) => setup::run(&workspace, &args),
            Command::Build => build::run(&workspace),
            Command::Demo(args) => programs::demo(&workspace, &args),
            Command::Test(args) => test::run(&workspace, &args),
            Command::Bench(args) => programs::bench(&workspace, &args),
            Command::Cluster(args) => cluster::run(&workspace, &args),
            Command::Crds(args) => crds::run(&workspace, &args),
            Command::Image(args) => image::run(&workspace, &args),
            Command::Lint => lint::run(&workspace),
            Command::Tidy => tidy::run(&workspace),
        }
    });
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
