//! Where a cluster's parts are: names, addresses, and paths below target/cluster.

use std::{
    fs::{self, File},
    iter,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

use crate::workspace::Workspace;

/// The most nodes: their number is one digit of their addresses.
pub(crate) const MOST_NODES: u8 = 9;

/// Where Services have their addresses: IPv4, then IPv6.
pub(crate) const SERVICE_RANGES: [&str; 2] = ["198.18.128.0/17", "fd6e:66:0:ffff::/112"];

/// Where pods have theirs: each node has a part of it.
pub(crate) const POD_RANGES: [&str; 2] = ["198.19.0.0/16", "fd6e:66:0:100::/56"];

/// The Service in front of the API server: the first address of the range.
pub(crate) const API_SERVICE: &str = "198.18.128.1";

/// The Service in front of the name server.
pub(crate) const DNS_SERVICE: &str = "198.18.128.10";

/// Where the API server listens on the control plane's address.
pub(crate) const API_PORT: u16 = 6443;

/// Which cluster: each can be up beside the others.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub(crate) enum Name {
    /// The one for you, suite `cluster`, the demo and the bench.
    #[default]
    Nfk,
    /// The one of suite `shapes`.
    Nfs,
}

impl Name {
    /// What its namespaces and cgroups begin with.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Nfk => "nfk",
            Self::Nfs => "nfs",
        }
    }

    /// The command line for it, as messages tell it.
    pub(crate) fn command(self) -> &'static str {
        match self {
            Self::Nfk => "cargo xtask cluster",
            Self::Nfs => "cargo xtask cluster --name nfs",
        }
    }
}

/// What stands for one computer: namespaces of its own, which end together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Machine {
    /// The cluster that it is of.
    pub(crate) cluster: Name,
    /// What it does there.
    pub(crate) role: Role,
}

/// What a machine is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// etcd, API server, controller manager, scheduler.
    Control,
    /// containerd, kubelet, kube-proxy and the pods; counted from 1.
    Node(u8),
}

impl Machine {
    /// The node of this number.
    pub(crate) fn node(cluster: Name, number: u8) -> Result<Self> {
        ensure!(
            (1..=MOST_NODES).contains(&number),
            "there is no node {number}: they are counted from 1 to {MOST_NODES}"
        );
        let role = Role::Node(number);
        Ok(Self { cluster, role })
    }

    /// The control plane of its cluster.
    pub(crate) fn control(self) -> Self {
        Self {
            role: Role::Control,
            ..self
        }
    }

    /// Another node of its cluster.
    pub(crate) fn sibling(self, number: u8) -> Self {
        Self {
            role: Role::Node(number),
            ..self
        }
    }

    /// `cp`, `n1`, `n2`: its host name, and a node's name in Kubernetes.
    pub(crate) fn name(self) -> String {
        match self.role {
            Role::Control => "cp".to_owned(),
            Role::Node(number) => format!("n{number}"),
        }
    }

    /// A node's number; the control plane has none.
    pub(crate) fn number(self) -> Option<u8> {
        match self.role {
            Role::Control => None,
            Role::Node(number) => Some(number),
        }
    }

    /// The name of its network namespace.
    pub(crate) fn netns(self) -> String {
        format!("{}-{}", self.cluster.as_str(), self.name())
    }

    /// Its address on the network between the machines.
    pub(crate) fn address(self) -> String {
        format!("198.18.0.{}", self.host())
    }

    /// Its IPv6 address there.
    pub(crate) fn address_v6(self) -> String {
        format!("fd6e:66::{}", self.host())
    }

    fn host(self) -> u8 {
        match self.role {
            Role::Control => 10,
            Role::Node(number) => 10 + number,
        }
    }
}

/// The addresses of a node's pods: IPv4, then IPv6.
pub(crate) fn pod_ranges(node: u8) -> [String; 2] {
    [
        format!("198.19.{node}.0/24"),
        format!("fd6e:66:0:10{node}::/64"),
    ]
}

/// The files of a cluster.
pub(crate) struct Layout {
    name: Name,
    shared: PathBuf,
    own: PathBuf,
    tools: PathBuf,
}

impl Layout {
    /// The files of a cluster of this checkout.
    pub(crate) fn new(workspace: &Workspace, name: Name) -> Self {
        let shared = workspace.target("cluster");
        let own = match name {
            Name::Nfk => shared.clone(),
            Name::Nfs => shared.join(name.as_str()),
        };
        Self {
            name,
            shared,
            own,
            tools: workspace.tools(),
        }
    }

    /// Which cluster it is.
    pub(crate) fn name(&self) -> Name {
        self.name
    }

    /// Its control plane.
    pub(crate) fn control(&self) -> Machine {
        let (cluster, role) = (self.name, Role::Control);
        Machine { cluster, role }
    }

    /// Its node of this number.
    pub(crate) fn node(&self, number: u8) -> Result<Machine> {
        Machine::node(self.name, number)
    }

    /// Its first nodes.
    pub(crate) fn nodes(&self, count: u8) -> impl Iterator<Item = Machine> + use<> {
        let control = self.control();
        (1..=count).map(move |number| control.sibling(number))
    }

    /// Its machines, the control plane first, with so many nodes.
    pub(crate) fn machines(&self, nodes: u8) -> impl Iterator<Item = Machine> + use<> {
        iter::once(self.control()).chain(self.nodes(nodes))
    }

    /// The directory of what the cluster has for itself.
    pub(crate) fn dir(&self) -> &Path {
        &self.own
    }

    /// The directory of what all clusters of this checkout are made of.
    pub(crate) fn shared(&self) -> &Path {
        &self.shared
    }

    /// Waits until no other command changes a cluster; the file keeps others waiting.
    pub(crate) fn lock(&self) -> Result<File> {
        fs::create_dir_all(&self.shared)?;
        let file = File::create(self.shared.join("lock"))?;
        file.lock().context("could not lock the cluster's files")?;
        Ok(file)
    }

    /// A program that was built for the cluster.
    pub(crate) fn bin(&self, name: &str) -> PathBuf {
        self.shared.join("bin").join(name)
    }

    /// An image that every node has from the start.
    pub(crate) fn image(&self, name: &str) -> PathBuf {
        self.shared.join("images").join(format!("{name}.tar"))
    }

    /// A program that came in a Debian package and is not installed.
    pub(crate) fn tool(&self, path: &str) -> PathBuf {
        self.tools.join(path)
    }

    /// What the administrator's kubectl reads.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.own.join("kubeconfig")
    }

    /// A file of the running cluster; `down` removes them all.
    pub(crate) fn run(&self, path: &str) -> PathBuf {
        self.own.join("run").join(path)
    }

    /// A file of one machine.
    pub(crate) fn of(&self, machine: Machine, path: &str) -> PathBuf {
        self.run(&machine.name()).join(path)
    }

    /// A certificate or a key.
    pub(crate) fn pki(&self, file: &str) -> PathBuf {
        self.run("pki").join(file)
    }

    /// What a service of a machine wrote.
    pub(crate) fn log(&self, machine: Machine, service: &str) -> PathBuf {
        self.of(machine, &format!("logs/{service}.log"))
    }

    /// While this exists, the machine keeps the service ended.
    pub(crate) fn hold(&self, machine: Machine, service: &str) -> PathBuf {
        self.of(machine, &format!("hold/{service}"))
    }

    /// Where programs are looked for on the machines.
    pub(crate) fn search_path(&self) -> String {
        let own = ["usr/bin", "usr/sbin"].map(|dir| self.tool(dir).display().to_string());
        format!(
            "{}:{}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            own.join(":"),
            self.shared.join("bin").display()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_have_addresses_of_the_test_network() {
        let node = Machine::node(Name::Nfk, 3).unwrap();
        assert_eq!(node.control().address(), "198.18.0.10");
        assert_eq!(node.address(), "198.18.0.13");
        assert_eq!(node.netns(), "nfk-n3");
        assert_eq!(
            pod_ranges(3),
            ["198.19.3.0/24", "fd6e:66:0:103::/64"].map(str::to_owned)
        );
    }

    #[test]
    fn clusters_share_no_name() {
        let node = |cluster| Machine::node(cluster, 1).unwrap();
        assert_eq!(node(Name::Nfs).netns(), "nfs-n1");
        assert_ne!(node(Name::Nfs).netns(), node(Name::Nfk).netns());
        assert!(Name::Nfs.command().contains(Name::Nfs.as_str()));
    }

    #[test]
    fn nodes_are_counted_from_one_to_nine() {
        assert!(Machine::node(Name::Nfk, 0).is_err());
        assert!(Machine::node(Name::Nfk, 1).is_ok());
        assert!(Machine::node(Name::Nfk, 10).is_err());
    }
}
