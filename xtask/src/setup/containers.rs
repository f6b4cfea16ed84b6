//! What runs the cluster's pods, unpacked below target/tools.
//!
//! Not installed: Debian's containerd would start as a service, on a machine that may not be ours.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use super::{
    Purpose::{self, Cluster},
    apt::Apt,
    wanted,
};
use crate::workspace::Workspace;

/// A package, and what is taken out of it.
const PACKAGES: [(&str, &[&str]); 3] = [
    (
        "containerd",
        &[
            "usr/bin/containerd",
            "usr/bin/containerd-shim-runc-v2",
            "usr/bin/ctr",
        ],
    ),
    ("runc", &["usr/sbin/runc"]),
    (
        "containernetworking-plugins",
        &[
            "usr/lib/cni/bridge",
            "usr/lib/cni/host-local",
            "usr/lib/cni/loopback",
            "usr/lib/cni/portmap",
        ],
    ),
];

/// The packages that are not unpacked yet.
pub(super) fn missing(workspace: &Workspace, purposes: &[Purpose]) -> Vec<String> {
    let packages = missing_packages(workspace, purposes);
    packages.map(|(package, _)| package.to_owned()).collect()
}

/// Unpacks them, and returns them.
pub(super) fn ensure(
    workspace: &Workspace,
    apt: &Apt,
    purposes: &[Purpose],
) -> Result<Vec<String>> {
    missing_packages(workspace, purposes)
        .map(|(package, files)| {
            unpack(workspace, apt, package, files)?;
            Ok(package.to_owned())
        })
        .collect()
}

fn missing_packages(
    workspace: &Workspace,
    purposes: &[Purpose],
) -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    let wanted = wanted(purposes, &[Cluster]);
    let tools = workspace.tools();
    PACKAGES.into_iter().filter(move |(_, files)| {
        let is_here = |file: &&str| tools.join(file).exists();
        wanted && !files.iter().all(is_here)
    })
}

fn unpack(workspace: &Workspace, apt: &Apt, package: &str, files: &[&str]) -> Result<()> {
    let unpacked = workspace.target("tools.partial");
    apt.unpack(package, &unpacked)?;
    for file in files {
        let to = workspace.tools().join(file);
        fs::create_dir_all(to.parent().unwrap_or(Path::new("/")))?;
        fs::rename(unpacked.join(file), &to)
            .with_context(|| format!("the package {package} has no {file}"))?;
    }
    fs::remove_dir_all(unpacked)?;
    Ok(())
}
