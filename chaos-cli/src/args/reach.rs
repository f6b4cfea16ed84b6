//! Where to act: on this machine, or in which cluster.

use std::path::PathBuf;

use clap::Args as Group;

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
}
