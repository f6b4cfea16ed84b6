//! The rules for a fault in a cluster: those that the API server checks too.

use crate::validate::{Findings, selector, words};
use crate::{
    Enforcement, Invalid, MAX_POD_NAME, MAX_SEED, MAX_VALUES, Mode, NetworkFault, NetworkFaultSpec,
};

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
        self.check_pods(&mut findings);
        findings.0.extend(self.choice().err());
        words::check(&self.traffic, &mut findings);
        self.outline().check(&mut findings);
        self.check_flags(&mut findings);
        findings.outcome()
    }

    fn check_pods(&self, findings: &mut Findings) {
        match &self.selector {
            Some(words) => selector::check("spec.selector", words, findings),
            None if self.pods.is_empty() => {
                let needed =
                    "is required; name the pods' labels, or the pods themselves in spec.pods";
                findings.refuse_absence("spec.selector", needed);
            }
            None => {}
        }
        if self.selector.is_some() && !self.pods.is_empty() {
            let needed = "does not go with spec.selector; write one of them";
            findings.refuse_absence("spec.pods", needed);
        }
        findings.limit("spec.pods", self.pods.len(), MAX_VALUES);
        for (index, name) in self.pods.iter().enumerate() {
            if name.is_empty() || name.len() > MAX_POD_NAME {
                let allowed = format!("is not a pod's name; use 1 to {MAX_POD_NAME} characters");
                findings.refuse(&format!("spec.pods[{index}]"), name, &allowed);
            }
        }
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
