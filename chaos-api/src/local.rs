//! The words that this version cannot act on: refused by name, with the reason, before the file is
//! read for what it says.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::{Block, Invalid};

/// Words of `spec` that only a cluster can act on.
const CLUSTER: [&str; 10] = [
    "selector",
    "pods",
    "mode",
    "value",
    "startBefore",
    "enforcement",
    "probes",
    "dynamic",
    "atomic",
    "stopped",
];

/// Words of the blocks that have a share of packets, or act on all together, that this version does
/// not have.
pub(crate) const PLANNED: [&str; 1] = ["probability"];

/// The keys of a mapping.
#[derive(Default, Deserialize)]
#[serde(transparent)]
#[expect(
    clippy::zero_sized_map_values,
    reason = "serde reads a mapping's keys only as a map"
)]
struct Keys(BTreeMap<String, IgnoredAny>);

impl Keys {
    /// Those of `words` that are present.
    fn among(&self, words: &'static [&str]) -> impl Iterator<Item = &'static str> {
        words
            .iter()
            .copied()
            .filter(|word| self.0.contains_key(*word))
    }
}

/// A file's keys, whatever their values.
#[derive(Deserialize)]
pub(crate) struct Outline {
    #[serde(default)]
    spec: Spec,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Spec {
    faults: Blocks,
    #[serde(flatten)]
    rest: Keys,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Blocks {
    corrupt: Keys,
    duplicate: Keys,
    loss: Keys,
    rate: Keys,
    reorder: Keys,
    #[serde(flatten)]
    rest: Keys,
}

impl Outline {
    /// Refuses the words that local mode cannot act on, in the order of the fields.
    pub(crate) fn check(&self) -> Result<(), Vec<Invalid>> {
        let mut wrong = Vec::new();
        for word in self.spec.rest.among(&CLUSTER) {
            let fix = "is for clusters; remove it, and name the target on the command line";
            wrong.push(Invalid::new(format!("spec.{word}"), fix));
        }
        wrong.extend(self.planned());
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }

    /// Refuses the words that this version does not have, in the order of the fields.
    pub(crate) fn check_cluster(&self) -> Result<(), Vec<Invalid>> {
        let wrong = self.planned();
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }

    fn planned(&self) -> Vec<Invalid> {
        let mut wrong = Vec::new();
        let faults = &self.spec.faults;
        for (block, keys) in [
            (Block::Corrupt, &faults.corrupt),
            (Block::Duplicate, &faults.duplicate),
            (Block::Loss, &faults.loss),
            (Block::Rate, &faults.rate),
            (Block::Reorder, &faults.reorder),
        ] {
            for word in keys.among(&PLANNED) {
                let fix = "is not in this version; remove it";
                wrong.push(Invalid::new(format!("spec.faults.{block}.{word}"), fix));
            }
        }
        let words = self.spec.faults.rest.0.keys();
        for error in words.filter_map(|word| Block::from_word(word).err()) {
            wrong.push(Invalid::new("spec.faults", error.to_string()));
        }
        wrong
    }
}
