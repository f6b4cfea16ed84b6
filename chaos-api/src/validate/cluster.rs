//! The rules for a fault in a cluster: those that the API server checks too.

use crate::validate::{Findings, selector, words};
use crate::{Enforcement, Invalid, MAX_SEED, Mode, NetworkFault, NetworkFaultSpec};

impl NetworkFault {
    /// Checks the object as the API server will; all that is wrong, in the order of the fields.
    pub fn validate(&self) -> Result<(), Vec<Invalid>> {
        self.spec.validate()
    }
}

impl NetworkFaultSpec {
    /// Checks the spec for a cluster; all that is wrong, in the order of the fields.
    pub fn validate(&self) -> Result<(), Vec<Invalid>> {
        let mut findings = Findings::default();
        match &self.selector {
            Some(words) => selector::check("spec.selector", words, &mut findings),
            None => findings.refuse_absence("spec.selector", "is required; name the pods' labels"),
        }
        findings.0.extend(self.choice().err());
        words::check(&self.traffic, &mut findings);
        self.outline().check(&mut findings);
        self.check_flags(&mut findings);
        findings.outcome()
    }

    fn check_flags(&self, findings: &mut Findings) {
        if self.enforcement == Enforcement::Shadow {
            let allowed = "is not in this version; write Enforce or Preview";
            findings.refuse("spec.enforcement", "Shadow", allowed);
        }
        if self.dynamic && self.mode.is_some_and(|mode| mode != Mode::All) {
            findings.refuse_absence("spec.dynamic", "goes with mode All only; remove it");
        }
        if let Some(seed) = self.seed.filter(|seed| *seed > MAX_SEED) {
            let allowed = format!("is too high for a cluster; write at most {MAX_SEED}");
            findings.refuse("spec.seed", seed, &allowed);
        }
        if self.atomic {
            findings.refuse_absence("spec.atomic", "is not in this version; remove it");
        }
    }
}
