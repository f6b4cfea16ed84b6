//! `cargo xtask cluster`: a real Kubernetes cluster of several nodes on this machine.
//!
//! Each node is a set of namespaces under one first process. Everything of the cluster is below
//! target/cluster, in network namespaces and cgroups whose names begin with its own, and gone
//! after `down`.

mod cgroup;
mod control;
mod dns;
mod down;
mod kubectl;
mod layout;
mod load;
mod machine;
mod net;
mod node;
mod operate;
mod pki;
mod programs;
mod ready;
mod settings;
mod status;
mod suite;
mod up;
mod wait;

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;

pub(crate) use self::suite::Wanted;
pub(crate) use self::suite::with_netfault;
use self::{
    layout::{Layout, Name},
    net::Port,
};
use crate::{programs::require_root, workspace::Workspace};

/// Runs a real Kubernetes cluster on this machine: API server, nodes with containerd, DNS.
///
/// Needs root; installs and builds what is missing. Its network is in namespaces of its own, and
/// `down` leaves nothing of it.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Which cluster; none touches the other.
    #[arg(long, value_enum, env = NAME, default_value_t, global = true)]
    name: Name,
    #[command(subcommand)]
    command: Command,
}

/// Where the name is looked for that the command line does not have.
const NAME: &str = "NETFAULT_CLUSTER_NAME";

/// What is done to a cluster.
#[derive(clap::Subcommand)]
enum Command {
    Up(up::Args),
    Down(down::Args),
    /// Shows each machine; fails unless all are well.
    Status,
    /// Loads image archives into every node.
    Load {
        /// Archives as `cargo xtask image`, docker and podman write them.
        #[arg(required = true, value_name = "IMAGE.tar")]
        archives: Vec<PathBuf>,
    },
    /// Runs a command in a node's namespaces.
    Node {
        /// The node's number.
        number: u8,
        /// The command and its arguments.
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
    /// Runs kubectl as the cluster's administrator.
    Kubectl {
        /// Its arguments.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Cuts a node off from the network, as if its cable was pulled.
    Cut {
        /// The node's number.
        number: u8,
        /// Connect it again.
        #[arg(long)]
        heal: bool,
    },
    /// Ends a node at once and starts it again with its disk as it was.
    Reboot {
        /// The node's number.
        number: u8,
    },
    /// Ends a service and keeps it ended, such as kube-apiserver, or kubelet on a node.
    Hold {
        /// The service's program.
        service: String,
        /// The node that it runs on; the control plane without this.
        #[arg(long)]
        node: Option<u8>,
        /// Let it run again.
        #[arg(long)]
        release: bool,
    },
    /// The first process of a machine; `up` calls it.
    #[command(hide = true)]
    Machine {
        /// What it is told.
        spec: PathBuf,
    },
}

/// Runs `cargo xtask cluster`.
pub(crate) fn run(workspace: &Workspace, Args { name, command }: &Args) -> Result<ExitCode> {
    require_root("the cluster")?;
    let layout = &Layout::new(workspace, *name);
    // Two that change the cluster wait for each other; the lock goes with the process.
    let _lock = match command {
        Command::Up(_) | Command::Down(_) | Command::Reboot { .. } => Some(layout.lock()?),
        _ => None,
    };
    match command {
        Command::Up(args) => up::run(workspace, layout, args),
        Command::Down(args) => down::run(layout, args),
        Command::Status => status::run(layout),
        Command::Load { archives } => load::run(layout, archives),
        Command::Node { number, command } => operate::run(layout, *number, command),
        Command::Kubectl { args } => kubectl::run(layout, args),
        Command::Cut { number, heal } => {
            operate::cut(layout, *number, if *heal { Port::Up } else { Port::Down })
        }
        Command::Reboot { number } => operate::reboot(layout, *number),
        Command::Hold {
            service,
            node,
            release,
        } => operate::hold(layout, service, *node, !release),
        Command::Machine { spec } => machine::init::run(spec),
    }
}
