//! What is said over a holder's socket: one JSON value a line, a reply to each request.

use std::io::{BufRead, Write};

use chaos_api::{Change, FaultSpec, Receipt};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::HolderError;

/// What a holder can be asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "verb")]
pub(crate) enum Request {
    /// Bring a fault into force.
    Inject {
        /// Its name.
        name: String,
        /// Its words.
        spec: Box<FaultSpec>,
        /// Seed of its draws.
        seed: u64,
        /// End it when this connection ends, and say so when it ends by itself.
        watch: bool,
    },
    /// Change a fault in force.
    Edit {
        /// Its name.
        name: String,
        /// What changes.
        change: Box<Change>,
    },
    /// Tell of the faults in force.
    List,
    /// End a fault.
    Stop {
        /// Its name.
        name: String,
    },
}

/// What a holder answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Reply {
    /// The fault is in force.
    InForce(Box<Receipt>),
    /// The fault is over, and no kernel holds it.
    Ended(Box<Receipt>),
    /// The faults in force.
    Faults(Vec<Receipt>),
    /// There is no such fault.
    Unknown(String),
    /// The holder is about to end: ask the next one.
    Closing,
    /// Why not, on one line.
    Refused(String),
}

/// Writes a value as one line.
pub(crate) fn say(to: &mut impl Write, value: &impl Serialize) -> Result<(), HolderError> {
    let mut line = serde_json::to_vec(value).map_err(|e| HolderError::Foreign(e.to_string()))?;
    line.push(b'\n');
    to.write_all(&line).map_err(|_| HolderError::Gone)
}

/// Reads a value from one line; `None` when the other side has ended.
pub(crate) fn hear<T: DeserializeOwned>(from: &mut impl BufRead) -> Result<Option<T>, HolderError> {
    let mut line = String::new();
    match from.read_line(&mut line) {
        Ok(0) => Ok(None),
        Ok(_) => serde_json::from_str(&line)
            .map(Some)
            .map_err(|error| HolderError::Foreign(error.to_string())),
        Err(_) => Err(HolderError::Gone),
    }
}
