//! What may change of a fault that is in force: the parameters of its blocks, and its time.

use serde::{Deserialize, Serialize};

use crate::{Block, FaultSpec, Faults, Invalid, Span};

/// New parameters and a new time, or either; the rest of a fault stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Change {
    /// The blocks, the same as before, each with its parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub faults: Option<Faults>,
    /// How long it lasts, counted from its start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<Span>,
}

impl Change {
    /// The spec with the change made; all that is wrong with it, in the order of the fields.
    pub fn of(&self, spec: &FaultSpec) -> Result<FaultSpec, Vec<Invalid>> {
        let changed = FaultSpec {
            faults: self.faults.clone().unwrap_or_else(|| spec.faults.clone()),
            duration: self.duration.unwrap_or(spec.duration),
            ..spec.clone()
        };
        spec.faults
            .check_change(&changed.faults)
            .map_err(|wrong| vec![wrong])?;
        changed.validate()?;
        Ok(changed)
    }
}

impl Faults {
    /// Refuses parameters that add a block or remove one.
    pub fn check_change(&self, to: &Self) -> Result<(), Invalid> {
        let blocks = |faults: &Self| {
            faults
                .blocks()
                .map(|(block, _)| block)
                .collect::<Vec<Block>>()
        };
        if blocks(self) == blocks(to) {
            return Ok(());
        }
        let has = self.words().join(" ");
        let problem = format!("no fault is added or removed later; it has \"{has}\"");
        Err(Invalid::new("spec.faults", problem))
    }
}
