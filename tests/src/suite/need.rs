//! What a test cannot do without, and whether it is there.

use chaos_agent::dataplane::{Way, have_object};

use crate::bed::{Netfault, tools::Tool};
use crate::cluster::Cluster;

/// Something a test cannot do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The command under test.
    Netfault,
    /// The kernel object in the test's own process.
    Object,
    /// A Kubernetes cluster with netfault installed.
    Cluster,
    /// The same, with no other promise shown on it meanwhile, since parts of it are ended, cut off or
    /// replaced.
    ClusterAlone,
    /// nats-server.
    Nats,
    /// redis-server.
    Redis,
    /// nftables' `nft`.
    Nft,
    /// tcpdump.
    Tcpdump,
    /// util-linux' `prlimit`.
    Prlimit,
    /// Links that go with their process.
    Tcx,
}

impl Need {
    /// Why a test that needs it must be skipped; `None` when it is there.
    pub(super) fn missing(self) -> Option<String> {
        let program = match self {
            Self::Netfault if Netfault::is_built() => return None,
            Self::Netfault => return Some("netfault is not built".to_owned()),
            Self::Object if have_object() => return None,
            Self::Object => return Some("the kernel object is not built".to_owned()),
            Self::Cluster | Self::ClusterAlone => return Cluster::missing(),
            Self::Nats => "nats-server",
            Self::Redis => "redis-server",
            Self::Nft => "nft",
            Self::Tcpdump => "tcpdump",
            Self::Prlimit => "prlimit",
            Self::Tcx => return without_tcx(),
        };
        Tool::find(program)
            .is_none()
            .then(|| format!("{program} is not installed"))
    }
}

fn without_tcx() -> Option<String> {
    let way = Way::of_kernel().expect("root may ask for tcx");
    (way == Way::Clsact)
        .then(|| "filters of a clsact qdisc do not go with their process".to_owned())
}
