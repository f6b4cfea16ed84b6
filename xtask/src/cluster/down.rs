//! `cargo xtask cluster down`: ends every machine, whatever an earlier run left, and removes its files.

use std::{fs, process::ExitCode, thread, time::Instant};

use anyhow::{Context, Result, anyhow, ensure};

use super::{cgroup, layout::Layout, machine, net};
use crate::progress::seconds;

/// Ends the cluster and removes all that it left, also after a crash.
#[derive(clap::Args, Default)]
pub(crate) struct Args {
    /// End what there is even if another checkout started it.
    #[arg(long)]
    lost: bool,
}

/// Runs it.
///
/// What there is to end is read from cgroups and namespaces, so nothing is missed that a crash kept
/// from being written down.
pub(crate) fn run(layout: &Layout, args: &Args) -> Result<ExitCode> {
    let start = Instant::now();
    let machines = cgroup::machines(layout.name())?;
    let namespaces = net::namespaces(layout.name());
    ensure!(
        args.lost || layout.run("").exists() || (machines.is_empty() && namespaces.is_empty()),
        "this checkout started no cluster, but there is one: run `{} down` where it was started, or \
         here with --lost",
        layout.name().command()
    );
    thread::scope(|scope| {
        let stops: Vec<_> = machines
            .iter()
            .map(|&machine| scope.spawn(move || machine::stop(machine)))
            .collect();
        stops.into_iter().try_for_each(|stop| {
            stop.join()
                .map_err(|_| anyhow!("ending a machine panicked"))?
        })
    })?;
    cgroup::remove_parents(layout.name())?;
    namespaces.iter().try_for_each(|name| net::remove(name))?;
    let had_files = remove_files(layout)?;
    if machines.is_empty() && namespaces.is_empty() && !had_files {
        println!("nothing was up");
    } else {
        println!("cluster is down ({})", seconds(start.elapsed()));
    }
    Ok(ExitCode::SUCCESS)
}

fn remove_files(layout: &Layout) -> Result<bool> {
    let run = layout.run("");
    let _ = fs::remove_file(layout.kubeconfig());
    if !run.exists() {
        return Ok(false);
    }
    fs::remove_dir_all(&run).with_context(|| format!("could not remove {}", run.display()))?;
    Ok(true)
}
