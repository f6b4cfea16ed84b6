//! Debian's kernels for suite `vm`, unpacked below target/vm and never installed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::{
    Purpose::{self, Vm},
    apt::Apt,
    wanted,
};
use crate::workspace::Workspace;

/// The oldest supported series, and the newest that Debian 12 offers.
pub(crate) const SERIES: [&str; 2] = ["6.1", "6.12"];

/// An unpacked kernel.
pub(crate) struct Kernel {
    /// What `uname -r` says in it.
    pub(crate) release: String,
    /// The bootable image.
    pub(crate) image: PathBuf,
    /// The directory of its modules.
    pub(crate) modules: PathBuf,
}

/// The packages that have no kernel unpacked yet.
pub(super) fn missing(workspace: &Workspace, purposes: &[Purpose]) -> Vec<String> {
    missing_series(workspace, purposes)
        .map(|series| {
            let dir = directory(workspace, series);
            format!(
                "linux-image-{series}.*-cloud-amd64 (unpacked into {})",
                dir.display()
            )
        })
        .collect()
}

/// Unpacks the missing kernels, and returns them.
pub(super) fn ensure(
    workspace: &Workspace,
    apt: &Apt,
    purposes: &[Purpose],
) -> Result<Vec<String>> {
    missing_series(workspace, purposes)
        .map(|series| unpack_newest(workspace, apt, series))
        .collect()
}

fn missing_series(
    workspace: &Workspace,
    purposes: &[Purpose],
) -> impl Iterator<Item = &'static str> {
    let series: &[_] = if wanted(purposes, &[Vm]) {
        &SERIES
    } else {
        &[]
    };
    series
        .iter()
        .copied()
        .filter(|series| find(workspace, series).is_err())
}

/// The unpacked kernel of a series.
pub(crate) fn find(workspace: &Workspace, series: &str) -> Result<Kernel> {
    let dir = directory(workspace, series);
    let missing = || format!("there is no kernel in {}", dir.display());
    let image = entries(&dir.join("boot"))
        .find(|path| file_name(path).starts_with("vmlinuz-"))
        .with_context(missing)?;
    let release = file_name(&image)["vmlinuz-".len()..].to_owned();
    let modules = ["lib/modules", "usr/lib/modules"]
        .map(|parent| dir.join(parent).join(&release))
        .into_iter()
        .find(|modules| modules.is_dir())
        .with_context(missing)?;
    Ok(Kernel {
        release,
        image,
        modules,
    })
}

fn directory(workspace: &Workspace, series: &str) -> PathBuf {
    workspace.target("vm").join(series)
}

/// Debian names kernel packages by version and drops old ones, so the newest is looked up.
fn unpack_newest(workspace: &Workspace, apt: &Apt, series: &str) -> Result<String> {
    let pattern = format!(
        "^linux-image-{}\\.[0-9].*-cloud-amd64$",
        series.replace('.', "\\.")
    );
    let pick = || -> Result<String> {
        newest(apt.search(&pattern)?)
            .with_context(|| format!("apt offers no kernel of series {series}"))
    };
    let dir = directory(workspace, series);
    let partial = workspace.target("vm").join(format!("{series}.partial"));
    let mut package = pick()?;
    if let Err(error) = apt.unpack(&package, &partial) {
        // The lists were stale: the newest in the new ones may be another.
        let again = pick()?;
        if again == package {
            return Err(error);
        }
        apt.unpack(&again, &partial)?;
        package = again;
    }
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    fs::rename(partial, dir)?;
    Ok(package)
}

/// The name with the highest version.
fn newest(names: Vec<String>) -> Option<String> {
    names.into_iter().max_by_key(|name| numbers(name))
}

/// All numbers in a name, so that 6.1.0-9 sorts before 6.1.0-10.
fn numbers(name: &str) -> Vec<u64> {
    name.split(|c: char| !c.is_ascii_digit())
        .filter_map(|digits| digits.parse().ok())
        .collect()
}

fn entries(dir: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(dir)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .map(|entry| entry.path())
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_kernel_is_picked_by_version_and_not_by_letters() {
        let names = ["6.1.0-9", "6.1.0-10", "6.1.0-56", "6.1.0-6"]
            .map(|version| format!("linux-image-{version}-cloud-amd64"));
        assert_eq!(
            newest(names.to_vec()).unwrap(),
            "linux-image-6.1.0-56-cloud-amd64"
        );
        let names = ["6.12.9+bpo", "6.12.117+deb12", "6.12.100+deb12"]
            .map(|version| format!("linux-image-{version}-cloud-amd64"));
        assert_eq!(
            newest(names.to_vec()).unwrap(),
            "linux-image-6.12.117+deb12-cloud-amd64"
        );
        assert_eq!(newest(Vec::new()), None);
    }
}
