//! Images, brought to the nodes without a registry.

use std::{
    path::Path,
    process::{Command, ExitCode, Stdio},
    thread,
};

use anyhow::{Context, Result, anyhow, ensure};

use super::{
    layout::{Layout, Machine},
    machine,
    settings::Settings,
};

/// containerd's own client on a node, where Kubernetes keeps its images.
pub(crate) fn ctr(layout: &Layout, node: Machine) -> Result<Command> {
    let mut command = machine::enter(layout, node)?;
    command
        .arg(layout.tool("usr/bin/ctr"))
        .args(["--namespace", "k8s.io", "--timeout", "2m"]);
    Ok(command)
}

/// Loads an image into every node.
pub(crate) fn run(layout: &Layout, archives: &[impl AsRef<Path>]) -> Result<ExitCode> {
    let settings = Settings::load(layout)?
        .context("there is no cluster: start one with `cargo xtask cluster up`")?;
    for archive in archives {
        let archive = archive.as_ref();
        ensure!(archive.is_file(), "there is no {}", archive.display());
        let archive = &std::path::absolute(archive)?;
        thread::scope(|scope| {
            let loads: Vec<_> = settings
                .nodes()
                .map(|node| scope.spawn(move || import(layout, node, archive)))
                .collect();
            loads.into_iter().try_for_each(|load| {
                load.join()
                    .map_err(|_| anyhow!("loading an image panicked"))?
            })
        })?;
        println!("loaded {} into {} nodes", archive.display(), settings.nodes);
    }
    Ok(ExitCode::SUCCESS)
}

/// Loads an image into one node; it is read here, since the node may not see the file.
pub(crate) fn import(layout: &Layout, node: Machine, archive: &Path) -> Result<()> {
    let file = std::fs::File::open(archive)
        .with_context(|| format!("could not read {}", archive.display()))?;
    let output = ctr(layout, node)?
        .args(["images", "import", "-"])
        .stdin(file)
        .stdout(Stdio::null())
        .output()
        .context("could not run ctr")?;
    ensure!(
        output.status.success(),
        "{} does not take {}: {}",
        node.name(),
        archive.display(),
        String::from_utf8_lossy(&output.stderr).trim_end()
    );
    Ok(())
}
