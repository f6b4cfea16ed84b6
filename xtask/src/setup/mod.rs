//! `cargo xtask setup`: installs what is missing, and only that.

mod apt;
mod containers;
pub(crate) mod golang;
pub(crate) mod kernels;
mod servers;
pub(crate) mod toolchain;
mod tools;

use std::{process::ExitCode, time::Instant};

use anyhow::{Result, ensure};
use clap::ValueEnum;

use crate::{progress::seconds, setup::apt::Apt, workspace::Workspace};

/// Installs what is missing to build, run, test and measure netfault.
///
/// Checks each need first, so a second run changes nothing and ends at once. Uses apt (as root, or
/// through sudo), rustup and cargo. Servers and kernels for the tests are unpacked below target/,
/// never installed. Where there is no apt, says exactly what to install and stops.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only for this purpose; may be given several times. Everything without it.
    #[arg(long = "for", value_name = "PURPOSE")]
    purposes: Vec<Purpose>,
}

/// What a need is a need of; other commands ask for theirs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Purpose {
    /// Building the kernel object and the release binaries.
    Build,
    /// Suite `unit`, lint and tidy.
    Unit,
    /// Suite `kernel`.
    Kernel,
    /// Suite `netns`.
    Netns,
    /// Suite `fuzz`.
    Fuzz,
    /// Suite `vm`.
    Vm,
    /// The cluster: Kubernetes and what runs its pods.
    Cluster,
    /// Images.
    Image,
    /// The demo.
    Demo,
    /// The benches.
    Bench,
}

/// Runs `cargo xtask setup`.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let start = Instant::now();
    let purposes = match args.purposes.as_slice() {
        [] => Purpose::value_variants(),
        chosen => chosen,
    };
    if ensure(workspace, purposes)?.is_empty() {
        println!("setup: nothing was missing ({})", seconds(start.elapsed()));
    }
    Ok(ExitCode::SUCCESS)
}

/// Installs what these purposes miss, and returns what it installed.
///
/// Says nothing where nothing was missing, so that every command can call it first.
pub(crate) fn ensure(workspace: &Workspace, purposes: &[Purpose]) -> Result<Vec<String>> {
    let start = Instant::now();
    let mut packages = tools::missing(purposes);
    packages.extend(toolchain::missing_packages(purposes));
    let unpacked = [
        containers::missing(workspace, purposes),
        golang::missing(purposes),
        servers::missing(workspace, purposes),
        kernels::missing(workspace, purposes),
    ];
    if !apt::is_here() {
        packages.extend(unpacked.concat());
        ensure!(
            packages.is_empty(),
            "this system has no apt. Install what these Debian packages hold, then run the same \
             command again: {}",
            packages.join(", ")
        );
    }
    let apt = Apt::default();
    apt.install(&packages)?;
    let mut installed = packages;
    installed.extend(toolchain::ensure(workspace, &apt, purposes)?);
    installed.extend(containers::ensure(workspace, &apt, purposes)?);
    installed.extend(golang::ensure(&apt, purposes)?);
    installed.extend(servers::ensure(workspace, &apt, purposes)?);
    installed.extend(kernels::ensure(workspace, &apt, purposes)?);
    if !installed.is_empty() {
        println!(
            "setup: installed {} in {}",
            installed.join(", "),
            seconds(start.elapsed())
        );
    }
    Ok(installed)
}

/// Whether any of the purposes is among those that have a need.
fn wanted(purposes: &[Purpose], needed_for: &[Purpose]) -> bool {
    purposes.iter().any(|purpose| needed_for.contains(purpose))
}
