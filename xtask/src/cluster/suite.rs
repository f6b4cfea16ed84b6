//! A cluster for suite, demo and bench: the one that is up, or one of its own, with netfault installed.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, ensure};

use super::{
    down, kubectl,
    layout::{Layout, Machine},
    load, machine, net,
    settings::{ProxyMode, Settings},
    status, up,
};
use crate::{
    build::Built,
    image::{self, Made},
    process,
    workspace::Workspace,
};

/// How many nodes the promises need.
const NODES: u8 = 3;

/// The image of netfault's own programs begins with this.
const OWN: &str = "netfault.dev/netfault:";

/// What netfault runs in the cluster.
const PARTS: [&str; 2] = ["daemonset/netfault-agent", "deployment/netfault-controller"];

/// How long netfault may take to be ready, on a busy computer.
const PATIENCE: &str = "2m";

/// Runs a program with the cluster that is up, or one of its own, and netfault installed there.
pub(crate) fn with_netfault(
    built: &Built,
    mut program: Command,
    run: impl FnOnce(Command) -> Result<()>,
) -> Result<()> {
    let workspace = built.workspace();
    let images = image::all(workspace)?;
    let cluster = Running::ensure(workspace)?;
    let ran = cluster
        .install(&images, &built.program("netfault"))
        .and_then(|()| cluster.describe_to(&mut program))
        .and_then(|()| run(program));
    ran.and(cluster.end())
}

/// A cluster that is well.
struct Running<'a> {
    workspace: &'a Workspace,
    layout: Layout,
    settings: Settings,
    is_ours: bool,
}

impl<'a> Running<'a> {
    /// The cluster that is up, or a new one.
    fn ensure(workspace: &'a Workspace) -> Result<Self> {
        let layout = Layout::new(workspace);
        let before = Settings::load(&layout)?;
        let is_ours = before.is_none();
        let settings = before.unwrap_or(Settings {
            nodes: NODES,
            proxy_mode: ProxyMode::Nftables,
            dual_stack: false,
        });
        ensure!(
            settings.nodes >= NODES,
            "the promises need {NODES} nodes, and the cluster that is up has {}: run \
             `cargo xtask cluster down` first",
            settings.nodes
        );
        let running = Self {
            workspace,
            layout,
            settings,
            is_ours,
        };
        running.make_well()?;
        Ok(running)
    }

    fn make_well(&self) -> Result<()> {
        if !self.is_ours && status::is_well(&self.layout, &self.settings)? {
            return Ok(());
        }
        let _lock = self.layout.lock()?;
        let wanted = up::Args::of(&self.settings);
        up::run(self.workspace, &self.layout, &wanted).map(drop)
    }

    /// Brings the images and netfault up to date, as a user does, and waits until it runs.
    fn install(&self, images: &[Made], netfault: &Path) -> Result<()> {
        let mut is_new = false;
        for image in images {
            let loaded = load::missing(&self.layout, &self.settings, image)?;
            is_new |= loaded && image.name.starts_with(OWN);
        }
        let mut install = machine::in_network(Machine::Control, netfault);
        install.env("KUBECONFIG", self.layout.kubeconfig());
        quietly(install.args(["install", "--quiet", "--timeout", PATIENCE]))?;
        for part in PARTS {
            if is_new {
                // The tag is the same, so nothing else would tell.
                quietly(&mut self.kubectl(&["rollout", "restart", part]))?;
            }
        }
        for part in PARTS {
            quietly(&mut self.kubectl(&["rollout", "status", "--timeout", PATIENCE, part]))?;
        }
        Ok(())
    }

    /// Tells the tests where it is.
    fn describe_to(&self, tests: &mut Command) -> Result<()> {
        tests
            .env("NETFAULT_CLUSTER", self.layout.dir())
            .env("NETFAULT_CLUSTER_NETWORK", net::file(Machine::Control))
            .env("NETFAULT_XTASK", std::env::current_exe()?)
            // That program looks for the cluster where this one does.
            .env("CARGO_TARGET_DIR", self.workspace.target(""));
        Ok(())
    }

    /// Ends it if it was brought up here.
    fn end(self) -> Result<()> {
        if !self.is_ours {
            return Ok(());
        }
        let _lock = self.layout.lock()?;
        down::run(&self.layout, &down::Args::default()).map(drop)
    }

    fn kubectl(&self, args: &[&str]) -> Command {
        let mut command = kubectl::command(&self.layout);
        command.args(["--namespace", "netfault-system"]).args(args);
        command
    }
}

/// Runs a command; what it said is in the error.
fn quietly(command: &mut Command) -> Result<()> {
    let output = command.output();
    let words = process::words(command);
    let output = output.with_context(|| format!("could not run {words}"))?;
    ensure!(
        output.status.success(),
        "{words}: {}",
        String::from_utf8_lossy(&output.stderr).trim_end()
    );
    Ok(())
}
