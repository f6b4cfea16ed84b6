//! Where to act: on this machine, or in which cluster.

use std::path::PathBuf;

use chaos_agent::dataplane::Way;
use clap::{Args as Group, ValueEnum};

/// Where to act. A target on this machine, or `--local`, means this machine; otherwise a usable
/// kubeconfig means its cluster; otherwise this machine.
#[derive(Debug, Default, Group)]
pub(crate) struct Reach {
    /// Act on this machine, whatever kubeconfig there is
    #[arg(long, global = true, conflicts_with_all = ["kubeconfig", "context", "namespace"],
          help_heading = "Cluster")]
    pub(crate) local: bool,
    /// The kubeconfig; KUBECONFIG or ~/.kube/config where absent
    #[arg(long, global = true, value_name = "FILE", help_heading = "Cluster")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig
    #[arg(long, global = true, value_name = "NAME", help_heading = "Cluster")]
    pub(crate) context: Option<String>,
    /// The namespace; the context's where absent
    #[arg(
        long,
        short,
        global = true,
        value_name = "NAME",
        help_heading = "Cluster"
    )]
    pub(crate) namespace: Option<String>,
    /// How to attach to interfaces on this machine, whatever its kernel has
    #[arg(long, global = true, hide = true, value_enum, value_name = "WAY")]
    pub(crate) attach: Option<Attach>,
}

/// See [`chaos_agent::dataplane::Way`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Attach {
    Tcx,
    Clsact,
}

impl From<Attach> for Way {
    fn from(attach: Attach) -> Self {
        match attach {
            Attach::Tcx => Self::Tcx,
            Attach::Clsact => Self::Clsact,
        }
    }
}
