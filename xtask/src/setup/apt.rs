//! Debian packages: installed as root, or only unpacked below the target directory.

use std::{
    cell::Cell,
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};

use crate::{progress::step, workspace::find_program};

/// Long enough for the largest package (LLVM) over a slow line.
const BOUND: Duration = Duration::from_mins(20);

/// What every call says: another apt may run, and nobody is there to answer questions.
const OPTIONS: [&str; 6] = [
    "-y",
    "--no-install-recommends",
    "-o",
    "DPkg::Lock::Timeout=300",
    "-o",
    "Dpkg::Use-Pty=0",
];

/// The system's package tool, with its lists brought up to date at most once.
#[derive(Default)]
pub(crate) struct Apt {
    updated: Cell<bool>,
    asked_for_root: Cell<bool>,
}

impl Apt {
    /// Installs packages; with stale or empty lists, updates them and tries once more.
    pub(crate) fn install(&self, packages: &[String]) -> Result<()> {
        if packages.is_empty() {
            return Ok(());
        }
        let packages: Vec<&str> = packages.iter().map(String::as_str).collect();
        let packages = packages.as_slice();
        if !known(packages) {
            self.update(packages)?;
        }
        let label = format!("apt install {}", packages.join(" "));
        let install = || -> Result<()> {
            let mut apt = self.as_root(packages)?;
            step(
                &label,
                apt.arg("install").args(OPTIONS).args(packages),
                BOUND,
            )
        };
        install().or_else(|error| {
            if self.update(packages)? {
                install()
            } else {
                Err(error)
            }
        })
    }

    /// The packages whose whole name matches a pattern of `apt-cache search`.
    pub(crate) fn search(&self, pattern: &str) -> Result<Vec<String>> {
        let names = search_lists(pattern)?;
        if names.is_empty() && self.update(&[pattern])? {
            return search_lists(pattern);
        }
        Ok(names)
    }

    /// Downloads a package and unpacks it into a new directory, without installing it.
    pub(crate) fn unpack(&self, package: &str, dir: &Path) -> Result<()> {
        if dir.exists() {
            fs::remove_dir_all(dir)?;
        }
        fs::create_dir_all(dir)?;
        if !known(&[package]) {
            self.update(&[package])?;
        }
        let label = format!("download {package}");
        let download = || {
            // Root would have to give the directory to apt's own user otherwise.
            let mut apt = Command::new("apt-get");
            apt.args(["download", "-o", "APT::Sandbox::User=root", package])
                .current_dir(dir);
            step(&label, &mut apt, BOUND)
        };
        download().or_else(|error| {
            if self.update(&[package])? {
                download()
            } else {
                Err(error)
            }
        })?;
        unpack_file(dir)
    }

    /// Updates the lists unless that was done before; says whether it did.
    pub(crate) fn update(&self, packages: &[&str]) -> Result<bool> {
        if self.updated.replace(true) {
            return Ok(false);
        }
        step("apt update", self.as_root(packages)?.arg("update"), BOUND)?;
        Ok(true)
    }

    /// apt-get with root's rights; asks for them once and says what for.
    fn as_root(&self, packages: &[&str]) -> Result<Command> {
        if rustix::process::geteuid().is_root() {
            let mut apt = Command::new("apt-get");
            apt.env("DEBIAN_FRONTEND", "noninteractive");
            return Ok(apt);
        }
        ensure!(
            find_program("sudo").is_some(),
            "installing packages takes root and there is no sudo. Run as root: \
             apt-get update && apt-get install -y {}",
            packages.join(" ")
        );
        if !self.asked_for_root.replace(true) {
            println!(
                "setup: root is needed to install with apt: {}",
                packages.join(" ")
            );
            // In the foreground, where it can ask for the password.
            let asked = Command::new("sudo")
                .arg("-v")
                .status()
                .context("could not run sudo")?;
            ensure!(asked.success(), "sudo gave no root rights");
        }
        let mut apt = Command::new("sudo");
        apt.args(["-n", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        Ok(apt)
    }
}

/// Whether this system has apt at all.
pub(crate) fn is_here() -> bool {
    find_program("apt-get").is_some() && find_program("dpkg").is_some()
}

/// Whether the lists have a version to install of each package.
fn known(packages: &[&str]) -> bool {
    Command::new("apt-cache")
        .args(["show", "--no-all-versions"])
        .args(packages)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn search_lists(pattern: &str) -> Result<Vec<String>> {
    let found = Command::new("apt-cache")
        .args(["search", "--names-only", pattern])
        .output()
        .context("could not run apt-cache")?;
    let text = String::from_utf8_lossy(&found.stdout);
    let names = text.lines().filter_map(|line| line.split_once(" - "));
    Ok(names.map(|(name, _)| name.to_owned()).collect())
}

/// Unpacks the one package file in a directory, and removes the file.
fn unpack_file(dir: &Path) -> Result<()> {
    let mut files = fs::read_dir(dir)?
        .filter_map(Result::ok)
        .map(|entry| entry.path());
    let file = files
        .find(|path| path.extension().is_some_and(|ext| ext == "deb"))
        .with_context(|| format!("apt left no package in {}", dir.display()))?;
    let unpacked = Command::new("dpkg").arg("-x").arg(&file).arg(dir).status();
    let unpacked = unpacked.context("could not run dpkg")?;
    ensure!(unpacked.success(), "could not unpack {}", file.display());
    fs::remove_file(file)?;
    Ok(())
}
