//! What a test cannot do without, and whether it is there.

use chaos_agent::dataplane::{Way, have_object};

use crate::bed::{Namespace, Netfault, tools::Tool};
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
    /// util-linux' `setpriv`.
    Setpriv,
    /// util-linux' `unshare`.
    Unshare,
    /// That root may have real-time threads.
    RealTime,
    /// Links that go with their process.
    Tcx,
    /// The kernel's own netem.
    Netem,
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
            Self::Setpriv => "setpriv",
            Self::Unshare => "unshare",
            Self::RealTime => return without_real_time(),
            Self::Tcx => return without_tcx(),
            Self::Netem => return without_netem(),
        };
        Tool::find(program)
            .is_none()
            .then(|| format!("{program} is not installed"))
    }
}

/// Asked of util-linux' `chrt`: groups of processes may have no real time of their own.
fn without_real_time() -> Option<String> {
    let Some(chrt) = Tool::find("chrt") else {
        return Some("chrt is not installed".to_owned());
    };
    let tried = chrt.command().args(["--fifo", "1", "true"]).output();
    let granted = tried.is_ok_and(|tried| tried.status.success());
    (!granted).then(|| "the machine grants no real-time threads".to_owned())
}

fn without_tcx() -> Option<String> {
    let way = Way::of_kernel().expect("root may ask for tcx");
    (way == Way::Clsact)
        .then(|| "filters of a clsact qdisc do not go with their process".to_owned())
}

fn without_netem() -> Option<String> {
    let Some(tc) = Tool::find("tc") else {
        return Some("tc is not installed".to_owned());
    };
    let mut tc = tc.command();
    let words = "qdisc add dev lo root netem delay 1ms";
    let tried = Namespace::new("netem").enter(|| tc.args(words.split(' ')).output());
    let there = tried.is_ok_and(|tried| tried.status.success());
    (!there).then(|| "the kernel has no sch_netem".to_owned())
}
