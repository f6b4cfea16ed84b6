//! The first process of a machine: makes it look like one, then keeps its services running.

use std::{path::Path, process::ExitCode};

use anyhow::{Context, Result, ensure};
use rustix::{
    mount::{MountFlags, mount},
    process::getpid,
    system::sethostname,
};

use super::{mounts, spec::Spec, supervise};

/// Runs `cargo xtask cluster machine`, which `up` calls inside new namespaces.
pub(crate) fn run(file: &Path) -> Result<ExitCode> {
    ensure!(
        getpid().is_init(),
        "only `up` calls this, inside namespaces that it made"
    );
    let spec = Spec::read(file)?;
    sethostname(spec.name.as_bytes()).context("could not set the host name")?;
    mounts::release_foreign()?;
    mount("proc", "/proc", "proc", MountFlags::empty(), None).context("could not mount /proc")?;
    if let Some(disk) = &spec.disk {
        mounts::prepare(disk, &spec.name)?;
    }
    supervise::run(&spec)
}
