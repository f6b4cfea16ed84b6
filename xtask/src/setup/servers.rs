//! Real servers for the demo and the tests, put below target/tools.
//!
//! They are never installed: Debian's packages of servers also start them as services, on a
//! machine that may not be ours.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, ensure};

use super::{
    Purpose::{self, Bench, Demo, Image, Netns},
    apt::Apt,
    golang, wanted,
};
use crate::{
    progress::step,
    workspace::{Workspace, find_program},
};

/// A server: its path below target/tools, and what it is needed for.
type Server = (&'static str, &'static [Purpose]);

/// The broker.
const NATS: Server = ("usr/sbin/nats-server", &[Demo, Netns, Bench, Image]);

/// The cache.
const REDIS: Server = ("usr/bin/redis-server", &[Netns, Bench, Image]);

/// The proxy that the bench measures the delay line beside.
const TOXIPROXY: Server = ("usr/bin/toxiproxy-server", &[Bench]);

/// The version of it that the Go module proxy has.
const TOXIPROXY_VERSION: &str = "v2.5.0";

/// How long fetching and building it may take.
const BOUND: Duration = Duration::from_mins(10);

/// The packages of servers that are missing and that this machine can't stand in for.
pub(super) fn missing(workspace: &Workspace, purposes: &[Purpose]) -> Vec<String> {
    let is_missing = |server| is_missing(workspace, purposes, server);
    let mut packages = Vec::new();
    if is_missing(NATS) && find_program("nats-server").is_none() {
        packages.push("nats-server".to_owned());
    }
    if is_missing(REDIS) && redis_binary().is_none() {
        packages.push("redis-tools".to_owned());
    }
    packages
}

/// Brings the missing servers, and returns them.
pub(super) fn ensure(
    workspace: &Workspace,
    apt: &Apt,
    purposes: &[Purpose],
) -> Result<Vec<String>> {
    let mut installed = Vec::new();
    if is_missing(workspace, purposes, NATS) {
        bring_nats(workspace, apt)?;
        installed.push("nats-server".to_owned());
    }
    if is_missing(workspace, purposes, REDIS) {
        bring_redis(workspace)?;
        installed.push("redis-server".to_owned());
    }
    if is_missing(workspace, purposes, TOXIPROXY) {
        bring_toxiproxy(workspace)?;
        installed.push("toxiproxy-server".to_owned());
    }
    Ok(installed)
}

fn is_missing(workspace: &Workspace, purposes: &[Purpose], (path, needed_for): Server) -> bool {
    wanted(purposes, needed_for) && !workspace.tools().join(path).exists()
}

fn bring_nats(workspace: &Workspace, apt: &Apt) -> Result<()> {
    let nats = workspace.tools().join(NATS.0);
    if let Some(present) = find_program("nats-server") {
        return link(&present, &nats);
    }
    let unpacked = workspace.target("tools.partial");
    apt.unpack("nats-server", &unpacked)?;
    fs::create_dir_all(parent(&nats)?)?;
    fs::rename(unpacked.join(NATS.0), nats).context("the package has no nats-server")?;
    fs::remove_dir_all(unpacked)?;
    Ok(())
}

fn bring_redis(workspace: &Workspace) -> Result<()> {
    let redis = workspace.tools().join(REDIS.0);
    let binary = redis_binary()
        .context("there is neither a redis-server nor a redis-check-rdb (package redis-tools)")?;
    link(&binary, &redis)?;
    let version = Command::new(&redis).arg("--version").output()?;
    ensure!(
        String::from_utf8_lossy(&version.stdout).starts_with("Redis server"),
        "{} does not act as a server under the name redis-server; install redis-server",
        binary.display()
    );
    Ok(())
}

fn bring_toxiproxy(workspace: &Workspace) -> Result<()> {
    let built = workspace.target("tools.partial");
    let module = format!("github.com/Shopify/toxiproxy/v2/cmd/server@{TOXIPROXY_VERSION}");
    let mut go = Command::new(golang::find()?);
    go.args(["install", &module]).env("GOBIN", &built);
    step("go install toxiproxy-server", &mut go, BOUND)?;
    let toxiproxy = workspace.tools().join(TOXIPROXY.0);
    fs::create_dir_all(parent(&toxiproxy)?)?;
    fs::rename(built.join("server"), toxiproxy).context("go built no server")?;
    fs::remove_dir_all(built)?;
    Ok(())
}

/// Debian ships the server inside redis-tools: one binary whose name decides what it is.
fn redis_binary() -> Option<PathBuf> {
    find_program("redis-server").or_else(|| find_program("redis-check-rdb"))
}

fn link(to: &Path, at: &Path) -> Result<()> {
    fs::create_dir_all(parent(at)?)?;
    // What may be there is a link whose end is gone.
    let _ = fs::remove_file(at);
    symlink(to, at).with_context(|| format!("could not link {}", at.display()))
}

fn parent(path: &Path) -> Result<PathBuf> {
    Ok(path
        .parent()
        .context("a path below target/ has a parent")?
        .to_owned())
}
