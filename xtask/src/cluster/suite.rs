//! A cluster for suite, demo and bench: the one that is up, or one of its own, with netfault installed.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, ensure};

use super::{
    NAME, down, kubectl,
    layout::{Layout, Name},
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

/// The image of netfault's own programs begins with this.
const OWN: &str = "netfault.dev/netfault:";

/// What netfault runs in the cluster.
const PARTS: [&str; 2] = ["daemonset/netfault-agent", "deployment/netfault-controller"];

/// How long netfault may take to be ready, on a busy computer.
const PATIENCE: &str = "2m";

/// The cluster that promises need.
pub(crate) struct Wanted {
    name: Name,
    settings: Settings,
    /// Whether a cluster that is up may be another.
    is_strict: bool,
}

impl Wanted {
    /// Three nodes or more, however they are set.
    pub(crate) const THREE: Self = Self {
        name: Name::Nfk,
        settings: Settings {
            nodes: 3,
            proxy_mode: ProxyMode::Nftables,
            dual_stack: false,
        },
        is_strict: false,
    };

    /// One node, with what the other has not.
    pub(crate) const OTHER: Self = Self {
        name: Name::Nfs,
        settings: Settings {
            nodes: 1,
            proxy_mode: ProxyMode::Iptables,
            dual_stack: true,
        },
        is_strict: true,
    };

    fn is_met_by(&self, settings: &Settings) -> bool {
        if self.is_strict {
            *settings == self.settings
        } else {
            settings.nodes >= self.settings.nodes
        }
    }
}

/// Runs a program with the cluster that is up, or one of its own, and netfault installed there.
pub(crate) fn with_netfault(
    built: &Built,
    wanted: &Wanted,
    mut program: Command,
    run: impl FnOnce(Command) -> Result<()>,
) -> Result<()> {
    let workspace = built.workspace();
    let images = image::all(workspace)?;
    let cluster = Running::ensure(workspace, wanted)?;
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
    fn ensure(workspace: &'a Workspace, wanted: &Wanted) -> Result<Self> {
        let layout = Layout::new(workspace, wanted.name);
        let before = Settings::load(&layout)?;
        let is_ours = before.is_none();
        let settings = before.unwrap_or_else(|| wanted.settings.clone());
        ensure!(
            wanted.is_met_by(&settings),
            "the promises need a cluster of {}, and the one that is up has {}: run `{} down` first",
            wanted.settings,
            settings,
            wanted.name.command()
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
        let mut install = machine::in_network(self.layout.control(), netfault);
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
            .env(NAME, self.layout.name().as_str())
            .env("NETFAULT_KUBECTL", self.layout.bin("kubectl"))
            .env("NETFAULT_CLUSTER_NETWORK", net::file(self.layout.control()))
            .env("NETFAULT_XTASK", std::env::current_exe()?)
            // That program looks for the cluster where this one does.
            .env("CARGO_TARGET_DIR", self.workspace.target(""));
        if self.is_ours {
            tests.env("NETFAULT_CLUSTER_ENDS", "1");
        }
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
