//! What can go wrong in the engine.

use chaos_api::Invalid;
use chaos_plan::LowerError;
use thiserror::Error;

use crate::{dataplane::DataplaneError, line::LineError};

/// A fault could not be brought into force, or is not there.
#[derive(Debug, Error)]
pub enum EngineError {
    /// The name is taken.
    #[error("a fault named {0} is in force there already: stop it first, or use another --name")]
    Exists(String),
    /// There is no such fault.
    #[error("no fault named {0} is in force there")]
    Unknown(String),
    /// What it should become makes no sense.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<Invalid>),
    /// Nothing to attach to.
    #[error(
        "{0} has no network interface but loopback: only a fault with interfaces Loopback or All meets traffic there"
    )]
    NoInterface(String),
    /// The faults do not fit together.
    #[error(transparent)]
    Lower(#[from] LowerError),
    /// Packets cannot be held back.
    #[error(transparent)]
    Line(#[from] LineError),
    /// The kernel side failed.
    #[error(transparent)]
    Dataplane(#[from] DataplaneError),
}
