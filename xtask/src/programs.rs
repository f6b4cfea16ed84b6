//! `cargo xtask demo` and `cargo xtask bench`: programs of chaos-tests that use the real tool.

use std::{
    path::PathBuf,
    process::{Command, ExitCode},
    time::Duration,
};

use anyhow::{Result, ensure};

use crate::{
    build::Built,
    cluster, process,
    setup::{self, Purpose},
    vm,
    workspace::{HOST_TRIPLE, Workspace},
};

/// The demo promises to end within a minute; a hung one is ended for the person watching.
const DEMO_BOUND: Duration = Duration::from_mins(5);

/// The benches repeat and pair their runs, which takes its time.
const BENCH_BOUND: Duration = Duration::from_hours(1);

/// Shows a live NATS connection being cut, and healed.
///
/// Builds netfault, makes its own network namespaces, starts a NATS broker in them, and leaves
/// nothing behind. Needs root; installs what is missing.
#[derive(clap::Args)]
pub(crate) struct DemoArgs {
    /// On a Kubernetes cluster of three nodes: the one that is up, or one that is started for it.
    #[arg(long)]
    cluster: bool,
}

/// Measures netfault and prints a table, each figure beside its baseline.
///
/// Builds netfault and runs the benches in network namespaces of their own. Needs root;
/// installs what is missing.
#[derive(clap::Args)]
pub(crate) struct BenchArgs {
    /// Also write the figures to this file: name → {value, unit, baseline, ratio}.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Measure what takes a cluster, too: on the one that is up, or one that is started for it.
    #[arg(long)]
    cluster: bool,
    /// Then also measure beside the kernel's netem, in an emulated machine of suite vm.
    #[arg(long)]
    vm: bool,
    /// Only measure figures with this in their name.
    filter: Option<String>,
}

/// Runs the demo.
pub(crate) fn demo(workspace: &Workspace, args: &DemoArgs) -> Result<ExitCode> {
    if args.cluster {
        let (built, demo) = prepare(workspace, Purpose::Demo, "demo-cluster")?;
        on_cluster(&built, demo, DEMO_BOUND)?;
    } else {
        let (_, mut demo) = prepare(workspace, Purpose::Demo, "demo")?;
        process::status(&mut demo, DEMO_BOUND)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs the benches.
pub(crate) fn bench(workspace: &Workspace, args: &BenchArgs) -> Result<ExitCode> {
    let (built, mut bench) = prepare(workspace, Purpose::Bench, "bench")?;
    if let Some(file) = &args.json {
        bench.arg("--json").arg(std::path::absolute(file)?);
    }
    bench.args(&args.filter);
    if args.cluster {
        on_cluster(&built, bench, BENCH_BOUND)?;
    } else {
        process::status(&mut bench, BENCH_BOUND)?;
    }
    if args.vm {
        setup::ensure(workspace, &[Purpose::Vm])?;
        vm::measure(&built, args.json.as_deref())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Says in time that a command will need root, before minutes of building.
pub(crate) fn require_root(what: &str) -> Result<()> {
    ensure!(
        rustix::process::geteuid().is_root(),
        "{what} makes network namespaces and loads kernel programs, which takes root: \
         run the same command as root, for example after \
         `sudo env \"PATH=$PATH\" \"HOME=$HOME\"`"
    );
    Ok(())
}

/// Runs a program of chaos-tests with a cluster on which netfault is installed.
fn on_cluster(built: &Built, program: Command, bound: Duration) -> Result<()> {
    setup::ensure(built.workspace(), &[Purpose::Cluster, Purpose::Image])?;
    cluster::with_netfault(built, &cluster::Wanted::THREE, program, |mut program| {
        process::status(&mut program, bound)
    })
}

/// Sets up, builds, and returns the command for a program of chaos-tests.
fn prepare<'a>(
    workspace: &'a Workspace,
    purpose: Purpose,
    name: &str,
) -> Result<(Built<'a>, Command)> {
    require_root(&format!("the {name}"))?;
    setup::ensure(workspace, &[Purpose::Build, purpose])?;
    let built = Built::new(workspace)?;
    built.release(&[name])?;
    let mut command = Command::new(built.made(HOST_TRIPLE, name));
    built.describe_to(&mut command);
    Ok((built, command))
}
