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
use crate::image::Made;

/// containerd's own client on a node, where Kubernetes keeps its images.
pub(crate) fn ctr(layout: &Layout, node: Machine) -> Result<Command> {
    let mut command = machine::enter(layout, node)?;
    command
        .arg(layout.tool("usr/bin/ctr"))
        .args(["--namespace", "k8s.io", "--timeout", "2m"]);
    Ok(command)
}

/// Runs `cargo xtask cluster load`.
pub(crate) fn run(layout: &Layout, archives: &[impl AsRef<Path>]) -> Result<ExitCode> {
    let settings = Settings::load(layout)?.with_context(|| {
        let command = layout.name().command();
        format!("there is no cluster: start one with `{command} up`")
    })?;
    for archive in archives {
        let archive = archive.as_ref();
        ensure!(archive.is_file(), "there is no {}", archive.display());
        into_all(layout, &settings, archive)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Loads an image where it is not yet, and says whether it did.
pub(crate) fn missing(layout: &Layout, settings: &Settings, image: &Made) -> Result<bool> {
    for node in layout.nodes(settings.nodes) {
        let output = ctr(layout, node)?
            .args(["images", "list", &format!("name=={}", image.name)])
            .output()
            .context("could not run ctr")?;
        if !String::from_utf8_lossy(&output.stdout).contains(&image.digest) {
            into_all(layout, settings, &image.file)?;
            return Ok(true);
        }
    }
    Ok(false)
}

/// Loads an image into every node.
fn into_all(layout: &Layout, settings: &Settings, archive: &Path) -> Result<()> {
    thread::scope(|scope| {
        let loads: Vec<_> = layout
            .nodes(settings.nodes)
            .map(|node| scope.spawn(move || import(layout, node, archive)))
            .collect();
        loads.into_iter().try_for_each(|load| {
            load.join()
                .map_err(|_| anyhow!("loading an image panicked"))?
        })
    })?;
    println!("loaded {} into {} nodes", archive.display(), settings.nodes);
    Ok(())
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
