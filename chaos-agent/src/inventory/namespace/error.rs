//! Why code could not be run inside a namespace.

use std::io;

use rustix::io::Errno;

use crate::inventory::NamespaceId;

/// Why code could not be run inside a namespace.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnterError {
    /// No thread to enter with.
    #[error("cannot start a thread to enter {id}: raise the limit of tasks")]
    Thread {
        /// The namespace.
        id: NamespaceId,
        /// Why.
        source: io::Error,
    },
    /// The right to enter is missing.
    #[error("entering {id} needs CAP_SYS_ADMIN: run as root")]
    Rights {
        /// The namespace.
        id: NamespaceId,
        /// The kernel's answer.
        source: io::Error,
    },
    /// The file is a namespace of another type.
    #[error(
        "inode {} is not a network namespace: name /run/netns/NAME or /proc/PID/ns/net",
        id.inode
    )]
    WrongType {
        /// The namespace.
        id: NamespaceId,
        /// The kernel's answer.
        source: io::Error,
    },
    /// The kernel does not let us in for another reason.
    #[error("the kernel does not let a thread enter {id}: try again")]
    Refused {
        /// The namespace.
        id: NamespaceId,
        /// The kernel's answer.
        source: io::Error,
    },
    /// Where the thread is cannot be told.
    #[error("cannot read /proc/thread-self/ns/net after entering {id}: mount /proc here")]
    Unknown {
        /// The namespace.
        id: NamespaceId,
        /// Why.
        source: io::Error,
    },
    /// The thread is somewhere else; nothing was run.
    #[error("asked to enter {id}, but the thread is in {found}: nothing was done")]
    Elsewhere {
        /// The namespace asked for.
        id: NamespaceId,
        /// The one the thread is in.
        found: NamespaceId,
    },
}

impl EnterError {
    /// What setns(2) answered about the namespace `id`.
    pub(super) fn of_setns(id: NamespaceId, errno: Errno) -> Self {
        let source = errno.into();
        match errno {
            Errno::PERM => Self::Rights { id, source },
            Errno::INVAL => Self::WrongType { id, source },
            _ => Self::Refused { id, source },
        }
    }
}
