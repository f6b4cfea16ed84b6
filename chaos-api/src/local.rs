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

/// Words of `spec.faults.loss` that this version does not have.
pub(crate) const PLANNED_LOSS: [&str; 1] = ["probability"];

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
    loss: Keys,
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
        for word in self.spec.faults.loss.among(&PLANNED_LOSS) {
            let fix = "is not in this version; remove it";
            wrong.push(Invalid::new(format!("spec.faults.loss.{word}"), fix));
        }
        let words = self.spec.faults.rest.0.keys();
        for error in words.filter_map(|word| Block::from_word(word).err()) {
            wrong.push(Invalid::new("spec.faults", error.to_string()));
        }
        wrong
    }
}
