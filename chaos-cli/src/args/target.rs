//! The words that name a target on this machine.

use std::path::PathBuf;

use chaos_agent::inventory;
use clap::Args as Group;

/// Whose network namespace on this machine; one of them, or none for a cluster.
#[derive(Debug, Default, Group)]
#[group(multiple = false)]
pub(crate) struct Target {
    /// A network namespace by name, as `ip netns` lists it, or by path
    #[arg(
        long,
        value_name = "NAME|PATH",
        help_heading = "Target on this machine (local mode)"
    )]
    netns: Option<String>,
    /// The network namespace of a process
    #[arg(
        long,
        value_name = "N",
        help_heading = "Target on this machine (local mode)"
    )]
    pid: Option<u32>,
    /// The network namespace of a container, by its id or the first 12 digits of it
    #[arg(
        long,
        value_name = "ID",
        help_heading = "Target on this machine (local mode)"
    )]
    container: Option<String>,
    /// The network namespace of the processes in a cgroup
    #[arg(
        long,
        value_name = "PATH",
        help_heading = "Target on this machine (local mode)"
    )]
    cgroup: Option<PathBuf>,
}

impl Target {
    /// The target, where one is named; the group takes no two.
    pub(crate) fn to_inventory(&self) -> Option<inventory::Target> {
        use inventory::Target as To;
        let netns = self.netns.as_deref().map(named);
        let pid = self.pid.map(To::Pid);
        let container = self.container.clone().map(To::Container);
        let cgroup = self.cgroup.clone().map(To::Cgroup);
        netns.or(pid).or(container).or(cgroup)
    }

    /// The same target as arguments of another call.
    pub(crate) fn words(&self) -> Option<[String; 2]> {
        let netns = self.netns.clone().map(|name| ("--netns", name));
        let pid = self.pid.map(|pid| ("--pid", pid.to_string()));
        let container = self.container.clone().map(|id| ("--container", id));
        let cgroup = self.cgroup.as_deref();
        let cgroup = cgroup.map(|path| ("--cgroup", path.display().to_string()));
        let one = netns.or(pid).or(container).or(cgroup);
        one.map(|(flag, value)| [flag.to_owned(), value])
    }
}

/// A namespace by name or path; a file in the directory of `ip netns` goes by its name.
fn named(netns: &str) -> inventory::Target {
    let name = netns.strip_prefix("/run/netns/").unwrap_or(netns);
    if name.contains('/') {
        inventory::Target::Path(netns.into())
    } else {
        inventory::Target::Name(name.to_owned())
    }
}
