//! A plan as text: JSON in this version, checked for what JSON does not say.

use std::fmt::Write;

use chaos_api::ENCODING;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::PlanBody;

/// Why a text is no plan for this version.
#[derive(Debug, Error)]
pub enum Unsupported {
    /// Another encoding.
    #[error("the encoding \"{0}\" is not known to this version, which reads \"{ENCODING}\"")]
    Encoding(String),
    /// Not the JSON of a plan.
    #[error("the plan is not readable: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It refers to what it does not have.
    #[error("the plan refers to {0}, which it does not have")]
    Dangling(String),
    /// Its text hashes to something else.
    #[error("the plan's text does not have the hash that it is published with")]
    Hash,
}

/// The text of a plan, and what it hashes to (SHA-256, hexadecimal). Equal plans have equal texts.
pub fn encode(body: &PlanBody) -> (String, String) {
    let text = serde_json::to_string(body).expect("a plan is plain data");
    let hash = hash(&text);
    (text, hash)
}

/// Reads a plan's text.
pub fn decode(encoding: &str, text: &str) -> Result<PlanBody, Unsupported> {
    if encoding != ENCODING {
        return Err(Unsupported::Encoding(encoding.into()));
    }
    let body: PlanBody = serde_json::from_str(text)?;
    body.check()?;
    Ok(body)
}

impl Unsupported {
    /// Checks a plan's text against the hash that it is published with.
    pub fn verify(text: &str, published: &str) -> Result<(), Self> {
        if hash(text) == published {
            Ok(())
        } else {
            Err(Self::Hash)
        }
    }
}

/// What a text hashes to.
fn hash(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let mut hash = String::with_capacity(64);
    for byte in digest {
        write!(hash, "{byte:02x}").expect("a String takes all text");
    }
    hash
}

impl PlanBody {
    /// Every index is of something that is there.
    fn check(&self) -> Result<(), Unsupported> {
        let there = |index: u32, len: usize| usize::try_from(index).is_ok_and(|index| index < len);
        let traffic = self.faults.iter().map(|fault| &fault.traffic);
        let peers = traffic.flat_map(|traffic| traffic.peers.iter().chain(&traffic.except_peers));
        let faults = self.pods.iter().flat_map(|pod| &pod.faults);
        let peer = peers
            .copied()
            .find(|index| !there(*index, self.peers.len()));
        let fault = faults
            .copied()
            .find(|index| !there(*index, self.faults.len()));
        if let Some(index) = peer {
            return Err(Unsupported::Dangling(format!("peer set {index}")));
        }
        if let Some(index) = fault {
            return Err(Unsupported::Dangling(format!("fault {index}")));
        }
        Ok(())
    }
}
