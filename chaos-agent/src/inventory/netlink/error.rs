//! Why the kernel's network state could not be read.

use std::io;

use netlink_packet_core::DecodeError;

/// Why the kernel's network state could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetlinkError {
    /// The socket failed.
    #[error("cannot ask the kernel for {subject}: a netlink socket is needed")]
    Socket {
        /// What was asked for.
        subject: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The kernel said no.
    #[error("the kernel refuses to tell {subject}")]
    Refused {
        /// What was asked for.
        subject: &'static str,
        /// The kernel's answer.
        source: io::Error,
    },
    /// The kernel did not do what it was asked to.
    #[error("the kernel refuses to {what}")]
    Unchanged {
        /// What it was asked to do.
        what: &'static str,
        /// The kernel's answer.
        source: io::Error,
    },
    /// The kernel lacks the feature.
    #[error("the kernel cannot list {subject}: load its module {module}")]
    NoFeature {
        /// What was asked for.
        subject: &'static str,
        /// What the kernel is missing.
        module: &'static str,
    },
    /// An answer that makes no sense.
    #[error("the kernel's answer about {subject} is malformed")]
    Malformed {
        /// What was asked for.
        subject: &'static str,
        /// What is wrong with it.
        source: DecodeError,
    },
    /// The list changed each time it was read.
    #[error("{subject} change too fast to be listed: tried {tries} times, try again")]
    Unsteady {
        /// What was asked for.
        subject: &'static str,
        /// How often it was read.
        tries: usize,
    },
}

impl NetlinkError {
    /// Whether the kernel's answer was that there is no such thing.
    pub(crate) fn is_not_found(&self) -> bool {
        match self {
            Self::Refused { source, .. } | Self::Unchanged { source, .. } => {
                source.kind() == io::ErrorKind::NotFound
            }
            _ => false,
        }
    }

    /// A refusal as the answer to a change.
    pub(super) fn of_change(self, what: &'static str) -> Self {
        match self {
            Self::Refused { source, .. } => Self::Unchanged { what, source },
            other => other,
        }
    }
}
