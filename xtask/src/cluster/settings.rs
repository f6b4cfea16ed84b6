//! What a cluster was asked to be, kept while it runs.

use std::{fmt, fs};

use anyhow::{Context, Result};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::layout::Layout;

/// How kube-proxy puts Services into force.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, Serialize, Deserialize)]
pub(crate) enum ProxyMode {
    /// Rules of nftables.
    Nftables,
    /// Rules of iptables.
    Iptables,
}

impl ProxyMode {
    /// What kube-proxy calls it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Nftables => "nftables",
            Self::Iptables => "iptables",
        }
    }
}

/// The choices of `up`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// How many nodes.
    pub(crate) nodes: u8,
    /// How Services are put into force.
    pub(crate) proxy_mode: ProxyMode,
    /// Whether pods and Services have IPv6 addresses too.
    pub(crate) dual_stack: bool,
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = if self.nodes == 1 { "node" } else { "nodes" };
        let families = if self.dual_stack {
            "dual-stack"
        } else {
            "IPv4"
        };
        let mode = self.proxy_mode.as_str();
        write!(f, "{} {nodes}, {mode}, {families}", self.nodes)
    }
}

impl Settings {
    /// IPv4 first, IPv6 if it is wanted, as Kubernetes writes such pairs.
    pub(crate) fn families(&self, pair: [&str; 2]) -> String {
        if self.dual_stack {
            pair.join(",")
        } else {
            pair[0].to_owned()
        }
    }

    /// What the running cluster was asked to be; none where none was made.
    pub(crate) fn load(layout: &Layout) -> Result<Option<Self>> {
        let file = layout.run("settings.json");
        if !file.exists() {
            return Ok(None);
        }
        serde_json::from_slice(&fs::read(&file)?)
            .with_context(|| format!("{} is broken: run `down`", file.display()))
    }

    /// Keeps it.
    pub(crate) fn save(&self, layout: &Layout) -> Result<()> {
        fs::create_dir_all(layout.run(""))?;
        fs::write(
            layout.run("settings.json"),
            serde_json::to_vec_pretty(self)?,
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_in_pairs_only_with_two_families() {
        let settings = |dual_stack| Settings {
            nodes: 2,
            proxy_mode: ProxyMode::Nftables,
            dual_stack,
        };
        assert_eq!(settings(false).families(["a", "b"]), "a");
        assert_eq!(settings(true).families(["a", "b"]), "a,b");
    }
}
