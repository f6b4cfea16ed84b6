//! The Go compiler that Kubernetes and Toxiproxy are built with.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use super::{
    Purpose::{self, Bench, Cluster},
    apt::Apt,
    wanted,
};
use crate::workspace::find_program;

/// The oldest minor version of Go 1 that Kubernetes' modules build with.
const OLDEST: u32 = 24;

/// Where a Go that is not from a package usually is.
const USUAL: &str = "/usr/local/go/bin/go";

/// The compiler's package, where one is missing.
pub(super) fn missing(purposes: &[Purpose]) -> Vec<String> {
    if !wanted(purposes, &[Bench, Cluster]) || find().is_ok() {
        return Vec::new();
    }
    vec![format!("golang (1.{OLDEST} or later)")]
}

/// Installs a compiler where the system has one that is new enough, and says so otherwise.
pub(super) fn ensure(apt: &Apt, purposes: &[Purpose]) -> Result<Option<String>> {
    if missing(purposes).is_empty() {
        return Ok(None);
    }
    let packages = apt.search("^golang-1[.][0-9]+-go$")?;
    let newest = packages
        .into_iter()
        .filter_map(|package| Some((package_version(&package)?, package)))
        .max()
        .filter(|(minor, _)| *minor >= OLDEST);
    let (_, package) = newest.with_context(|| {
        format!(
            "building Kubernetes takes Go 1.{OLDEST} or later, and this system has no package of \
             it: install it from the Go project, with `go` in PATH or in {USUAL}"
        )
    })?;
    apt.install(std::slice::from_ref(&package))?;
    find()?;
    Ok(Some(package))
}

/// The compiler.
pub(crate) fn find() -> Result<PathBuf> {
    candidates()
        .into_iter()
        .find(|go| version(go).is_some_and(|minor| minor >= OLDEST))
        .with_context(|| format!("there is no Go 1.{OLDEST} or later"))
}

/// What is in `PATH`, what is where it usually is, and Debian's, which has its version in its path.
fn candidates() -> Vec<PathBuf> {
    let mut candidates: Vec<PathBuf> = find_program("go").into_iter().collect();
    candidates.push(PathBuf::from(USUAL));
    let packaged = (OLDEST..OLDEST + 20).rev();
    candidates.extend(packaged.map(|minor| format!("/usr/lib/go-1.{minor}/bin/go").into()));
    candidates.retain(|go| go.is_file());
    candidates
}

fn version(go: &Path) -> Option<u32> {
    let output = Command::new(go).arg("version").output().ok()?;
    parse(&String::from_utf8(output.stdout).ok()?)
}

/// The minor version in `go version go1.26.8 linux/amd64`.
fn parse(text: &str) -> Option<u32> {
    let version = text.split_whitespace().nth(2)?.strip_prefix("go1.")?;
    version
        .split(|letter: char| !letter.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

/// The minor version in `golang-1.24-go`.
fn package_version(package: &str) -> Option<u32> {
    package
        .strip_prefix("golang-1.")?
        .strip_suffix("-go")?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_numbers() {
        assert_eq!(parse("go version go1.26.8 linux/amd64"), Some(26));
        assert_eq!(parse("go version go1.25rc1 linux/amd64"), Some(25));
        assert_eq!(parse("gccgo"), None);
        assert_eq!(package_version("golang-1.24-go"), Some(24));
        assert_eq!(package_version("golang-go"), None);
    }
}
