//! What a machine's first process is told: written by `up`, read inside.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// One machine.
#[derive(Serialize, Deserialize)]
pub(crate) struct Spec {
    /// Its host name.
    pub(crate) name: String,
    /// Where programs are looked for.
    pub(crate) search_path: String,
    /// A node's own directories; the control plane has none.
    pub(crate) disk: Option<Disk>,
    /// What runs on it.
    pub(crate) services: Vec<Service>,
}

/// What a node sees of its own where other machines have theirs.
#[derive(Serialize, Deserialize)]
pub(crate) struct Disk {
    /// Holds var, etc and opt, which are kept when the node restarts.
    pub(crate) dir: PathBuf,
    /// The CNI plugins.
    pub(crate) cni: PathBuf,
    /// The node's cgroups, and where each is mounted.
    pub(crate) cgroups: Vec<(PathBuf, PathBuf)>,
}

/// A program that is started again when it ends.
#[derive(Serialize, Deserialize)]
pub(crate) struct Service {
    /// What messages and its log call it.
    pub(crate) name: String,
    /// The program.
    pub(crate) program: PathBuf,
    /// Its arguments.
    pub(crate) args: Vec<String>,
    /// Where its output goes.
    pub(crate) log: PathBuf,
    /// While this exists, it is kept ended.
    pub(crate) hold: PathBuf,
    /// It is started once all of these exist.
    pub(crate) after: Vec<PathBuf>,
}

impl Spec {
    /// Reads it back.
    pub(crate) fn read(file: &Path) -> Result<Self> {
        let text = fs::read(file).with_context(|| format!("could not read {}", file.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{} is broken", file.display()))
    }

    /// Writes it where the machine's first process will find it.
    pub(crate) fn write(&self, file: &Path) -> Result<()> {
        fs::write(file, serde_json::to_vec_pretty(self)?)
            .with_context(|| format!("could not write {}", file.display()))
    }
}
