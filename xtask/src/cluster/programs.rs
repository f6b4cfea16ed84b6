//! The programs of the cluster: built from tests/cluster/tools once, and again when that changes.

use std::{fs, os::unix::fs::symlink, path::Path, process::Command, time::Duration};

use anyhow::{Context, Result};

use super::{layout::Layout, node::PAUSE_IMAGE};
use crate::{
    digest::sha256,
    image::{Architecture, Recipe, Source, archive},
    progress::step,
    setup::golang,
    workspace::Workspace,
};

/// The names of the one program that is all of Kubernetes.
const NAMES: [&str; 7] = [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
    "kubectl",
    "kubelet",
];

/// What every node has from the start: the program, its image, and which file it was made into.
pub(crate) const IMAGES: [(&str, &str); 2] = [
    ("pause", PAUSE_IMAGE),
    ("coredns", "netfault.test/coredns:v1.12.1"),
];

/// Compiling all of Kubernetes on two slow, busy cores.
const BOUND: Duration = Duration::from_hours(1);

/// Builds what is not there or is of other sources.
pub(crate) fn ensure(workspace: &Workspace, layout: &Layout) -> Result<()> {
    let sources = workspace.root().join("tests/cluster/tools");
    let wanted = fingerprint(&sources)?;
    let stamp = layout.shared().join("built-from");
    if fs::read_to_string(&stamp).is_ok_and(|built| built == wanted) {
        return Ok(());
    }
    fs::create_dir_all(layout.bin(""))?;
    println!("building Kubernetes, etcd and CoreDNS; the first time takes minutes");
    let version = kubernetes_version(&fs::read_to_string(sources.join("kube/go.mod"))?)?;
    let flags = linker_flags(&version);
    for (program, package) in [
        ("pause", "kube/pause"),
        ("kube", "kube"),
        ("coredns", "dns"),
    ] {
        build(&sources.join(package), &layout.bin(program), &flags)?;
    }
    for name in NAMES {
        let link = layout.bin(name);
        let _ = fs::remove_file(&link);
        symlink("kube", link)?;
    }
    for (program, image) in IMAGES {
        let recipe = Recipe {
            name: image.to_owned(),
            architecture: Architecture::own(),
            entrypoint: vec![format!("/{program}")],
            files: vec![(program.to_owned(), Source::File(layout.bin(program)))],
        };
        archive::write(&recipe, &layout.image(program))?;
    }
    fs::write(stamp, wanted)?;
    Ok(())
}

fn build(package: &Path, program: &Path, flags: &str) -> Result<()> {
    let mut command = Command::new(golang::find()?);
    command
        .args(["build", "-v", "-trimpath", "-buildvcs=false"])
        .args(["-ldflags", flags, "-o"])
        .arg(program)
        .current_dir(package)
        // Static programs, which need nothing of the machine or image that they run in.
        .env("CGO_ENABLED", "0")
        .env("GOFLAGS", "-mod=readonly");
    let name = program.file_name().unwrap_or_default();
    step(&format!("go build {}", name.display()), &mut command, BOUND)
}

/// Kubernetes' own build says its version this way; clients and kubelets compare it.
fn linker_flags(version: &str) -> String {
    let minor = version.split('.').nth(1).unwrap_or_default();
    let at = "k8s.io/component-base/version";
    format!(
        "-s -w -X {at}.gitVersion={version} -X {at}.gitMajor=1 -X {at}.gitMinor={minor} \
         -X {at}.gitTreeState=clean"
    )
}

fn kubernetes_version(module: &str) -> Result<String> {
    let line = module
        .lines()
        .find_map(|line| line.trim().strip_prefix("k8s.io/kubernetes "));
    let version = line.and_then(|rest| rest.split_whitespace().next());
    Ok(version
        .context("go.mod requires no k8s.io/kubernetes")?
        .to_owned())
}

/// Says in one word what the programs are built from.
fn fingerprint(sources: &Path) -> Result<String> {
    let modules = ["dns", "kube"].map(|module| sources.join(module));
    let files = modules
        .iter()
        .flat_map(|module| ["go.mod", "go.sum", "main.go"].map(|file| module.join(file)))
        .chain([sources.join("kube/pause/main.go")]);
    let contents: Vec<Vec<u8>> = files
        .map(|file| fs::read(&file).with_context(|| format!("could not read {}", file.display())))
        .collect::<Result<_>>()?;
    Ok(sha256(contents))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_the_module() {
        let module = "require (\n\tk8s.io/kubectl v0.0.0\n\tk8s.io/kubernetes v1.34.4\n)\n";
        assert_eq!(kubernetes_version(module).unwrap(), "v1.34.4");
        assert!(kubernetes_version("module x").is_err());
        assert!(linker_flags("v1.34.4").contains("gitMinor=34 "));
    }
}
