//! What can go wrong between a holder and those who talk to it.

use std::{io, path::PathBuf};

use thiserror::Error;

use crate::engine::EngineError;

/// A holder cannot be started or reached, or refused.
#[derive(Debug, Error)]
pub enum HolderError {
    /// The run directory cannot be used.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The other side went away in the middle.
    #[error("the process that holds the fault went away")]
    Gone,
    /// The other side speaks another version.
    #[error("the process that holds the fault is of another version of netfault: {0}")]
    Foreign(String),
    /// The holder refused, in its own words.
    #[error("{0}")]
    Refused(String),
    /// No holder has a fault of this name.
    #[error("no fault named {0}: `netfault list` shows those in force")]
    Unknown(String),
    /// The engine could not be started.
    #[error(transparent)]
    Engine(#[from] EngineError),
}
