//! What a fault is aimed at on one machine, in the user's words.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

/// A way to point at one network namespace.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// A namespace that `ip netns` named: the file of this name in `/run/netns`.
    Name(String),
    /// A namespace file, such as `/run/netns/blue` or `/proc/7/ns/net`.
    Path(PathBuf),
    /// The namespace a process lives in.
    Pid(u32),
    /// A container by its id of 64 hexadecimal digits or the first 12 or more of them. The form
    /// of a pod's status, `containerd://ID`, is understood too.
    Container(String),
    /// The processes in a cgroup or below it: its path as in `/proc/PID/cgroup`, or below the
    /// place where cgroups are mounted (`/sys/fs/cgroup/…`).
    Cgroup(PathBuf),
    /// A Kubernetes pod: the namespace of its processes that has one of its addresses, so that
    /// helpers of its sandbox that live elsewhere are passed over.
    Pod {
        /// Its UID.
        uid: String,
        /// For a static pod, the hash of its configuration, which names its cgroup instead.
        hash: Option<String>,
        /// Its addresses.
        ips: Vec<IpAddr>,
    },
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "namespace {name}"),
            Self::Path(path) => write!(f, "namespace file {}", path.display()),
            Self::Pid(pid) => write!(f, "process {pid}"),
            Self::Container(id) => write!(f, "container {id}"),
            Self::Cgroup(path) => write!(f, "cgroup {}", path.display()),
            Self::Pod { uid, .. } => write!(f, "pod {uid}"),
        }
    }
}
