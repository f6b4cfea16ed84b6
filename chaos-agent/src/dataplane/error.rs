//! What can go wrong between us and the kernel.

use std::io;

use aya::{EbpfError, maps::MapError, programs::ProgramError};
use thiserror::Error;

use crate::{
    causes::with_causes,
    inventory::{EnterError, NetlinkError},
};

/// The kernel refused, or is not the one we need.
#[derive(Debug, Error)]
pub enum DataplaneError {
    /// Built without the kernel object.
    #[error("this build has no kernel object: build it with `cargo xtask build`")]
    Stub,
    /// The object was built from another version of the shared words.
    #[error(
        "the kernel object speaks version {found} of the map layouts, this program {expected}: build both together"
    )]
    Version {
        /// What the object says.
        found: u32,
        /// What this program was built with.
        expected: u32,
    },
    /// The object lacks a map or program.
    #[error("the kernel object has no {0}")]
    Missing(&'static str),
    /// Loading the object's maps failed.
    #[error("cannot create the kernel maps: {}", plain(.0))]
    Load(#[source] Box<EbpfError>),
    /// The kernel refused a program.
    #[error("the kernel refused the program {name}: {}", plain(.source))]
    Program {
        /// The program's name.
        name: &'static str,
        /// Why.
        source: Box<ProgramError>,
    },
    /// Attaching failed.
    #[error("cannot attach to interface {interface}: {}", plain(.source))]
    Attach {
        /// The interface's name.
        interface: String,
        /// Why.
        source: Box<ProgramError>,
    },
    /// Whether the kernel has tcx cannot be told.
    #[error("cannot tell whether the kernel has tcx: {}", plain(.0))]
    Way(#[source] Box<ProgramError>),
    /// Attaching by a clsact qdisc failed.
    #[error("cannot attach to interface {interface} without tcx: {}", plain(.source))]
    Clsact {
        /// The interface's name.
        interface: String,
        /// Why.
        source: NetlinkError,
    },
    /// Something of somebody else's is first there, and stays so.
    #[error("cannot attach to interface {interface}, which has {by}: {fix}")]
    Occupied {
        /// The interface's name.
        interface: String,
        /// What is there.
        by: String,
        /// What to do.
        fix: &'static str,
    },
    /// The interface changed between the look and the attach; nothing was attached to it.
    #[error("interface {name} changed while it was being attached: index {expected} before, {} now", .found.map_or("none".to_owned(), |index| index.to_string()))]
    Moved {
        /// The interface's name.
        name: String,
        /// The index it has now.
        found: Option<u32>,
        /// The index it was found with.
        expected: u32,
    },
    /// A map could not be read or written.
    #[error("cannot access the kernel map {name}: {}", plain(.source))]
    Map {
        /// The map's name.
        name: &'static str,
        /// Why.
        source: Box<MapError>,
    },
    /// No file descriptor to leave the namespace with as it was.
    #[error("cannot keep the namespace open: raise the limit of open files: {0}")]
    Again(io::Error),
    /// What ends the thread that sends answers could not be made.
    #[error("cannot make a pipe: {0}")]
    Answers(#[source] std::io::Error),
    /// The namespace could not be entered.
    #[error(transparent)]
    Enter(#[from] EnterError),
    /// The kernel's tables could not be read.
    #[error(transparent)]
    Netlink(#[from] NetlinkError),
}

/// An error with its causes on one line: those of the verifier have several.
fn plain(error: &dyn std::error::Error) -> String {
    with_causes(error).replace('\n', " ")
}
