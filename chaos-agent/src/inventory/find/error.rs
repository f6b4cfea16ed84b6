//! Why a target gave no namespace.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;

use crate::inventory::{EnterError, Members, NetlinkError, Target};

/// A target that gave no namespace, and why.
#[derive(Debug)]
pub struct FindError {
    /// The target.
    pub target: Box<Target>,
    /// What is the matter with it.
    pub reason: FindReason,
}

impl fmt::Display for FindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.target, self.reason)
    }
}

impl Error for FindError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // The reason is part of this line already.
        self.reason.source()
    }
}

/// What is the matter with a target.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FindReason {
    /// A name, id or path that cannot be meant; the text says what can.
    #[error("{0}")]
    Word(&'static str),
    /// A file that cannot be opened.
    #[error("cannot open {}: {hint}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What to do.
        hint: &'static str,
        /// Why.
        source: io::Error,
    },
    /// A file that is no namespace.
    #[error(
        "{} is not a namespace file: name /run/netns/NAME or /proc/PID/ns/net",
        .0.display()
    )]
    NotANamespace(PathBuf),
    /// Nobody is there.
    #[error("no process of it runs on this machine")]
    NoProcess,
    /// A short container id that fits several containers: their full ids.
    #[error("the id fits several containers, give more digits: {}", .0.join(", "))]
    Ambiguous(Vec<String>),
    /// Its processes live in more than one namespace.
    #[error("its processes live in several network namespaces ({0}): choose one by its pid")]
    SeveralNamespaces(Members),
    /// None of its processes' namespaces has one of its addresses.
    #[error(
        "none of its processes' network namespaces ({found}) has an address of it: looked for {}",
        list(.ips)
    )]
    NamespaceMismatch {
        /// The namespaces with their processes.
        found: Members,
        /// The addresses.
        ips: Vec<IpAddr>,
    },
    /// The namespace is the machine's own.
    #[error(
        "it uses the machine's own network, that of process 1, which is never touched: \
         choose one with a network namespace of its own"
    )]
    FirstProcess,
    /// It cannot be told whether the namespace is the machine's own.
    #[error(
        "cannot tell whether its network is that of process 1, so it is not touched: \
         mount /proc here and run with CAP_SYS_PTRACE"
    )]
    Untold(#[source] io::Error),
    /// The interfaces of a namespace cannot be listed.
    #[error(transparent)]
    Netlink(NetlinkError),
    /// The namespace was found and cannot be entered.
    #[error(transparent)]
    Enter(EnterError),
    /// The processes cannot be listed.
    #[error("cannot list processes: mount /proc here")]
    Processes(#[source] io::Error),
}

fn list(ips: &[IpAddr]) -> String {
    let words: Vec<String> = ips.iter().map(ToString::to_string).collect();
    if words.is_empty() {
        "none".to_owned()
    } else {
        words.join(", ")
    }
}
