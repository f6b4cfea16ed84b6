//! What a spec may hold, beyond what its types say. Each rule stands here once.

mod cluster;
mod connections;
mod netem;
mod peer;
mod selector;
mod traffic;
mod words;

use std::fmt;

use thiserror::Error;

use crate::{Block, FaultSpec, MAX_DURATION, Protocol, RejectWith};

/// One thing that is wrong, as one line: the field, its value, what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{field}: {problem}")]
pub struct Invalid {
    /// Path of the field, such as `spec.traffic.peers[0].ipBlock.cidr`.
    pub field: String,
    /// The value, and what is allowed.
    pub problem: String,
}

impl Invalid {
    pub(crate) fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            problem: problem.into(),
        }
    }

    pub(crate) fn value(field: &str, value: impl fmt::Display, allowed: &str) -> Self {
        Self::new(field, format!("\"{value}\" {allowed}"))
    }
}

/// All that is wrong so far.
#[derive(Default)]
struct Findings(Vec<Invalid>);

impl Findings {
    fn refuse(&mut self, field: &str, value: impl fmt::Display, allowed: &str) {
        self.0.push(Invalid::value(field, value, allowed));
    }

    fn refuse_absence(&mut self, field: &str, needed: &str) {
        self.0.push(Invalid::new(field, needed));
    }

    fn outcome(self) -> Result<(), Vec<Invalid>> {
        let Self(wrong) = self;
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }

    fn limit(&mut self, field: &str, count: usize, most: usize) {
        if count > most {
            let problem = format!("has {count} entries; at most {most} are allowed");
            self.0.push(Invalid::new(field, problem));
        }
    }
}

impl FaultSpec {
    /// Checks the spec; all that is wrong, in the order of the fields.
    pub fn validate(&self) -> Result<(), Vec<Invalid>> {
        let mut findings = Findings::default();
        traffic::check_named(&self.traffic, &mut findings);
        self.check(&mut findings);
        findings.outcome()
    }

    /// Checks all but whether its peers name anything.
    fn check(&self, findings: &mut Findings) {
        traffic::check(&self.traffic, findings);
        self.check_faults(findings);
        self.check_duration(findings);
    }

    fn check_faults(&self, findings: &mut Findings) {
        if self.faults.blocks().next().is_none() {
            let all = Block::listed("or");
            findings.refuse_absence("spec.faults", &format!("names no fault; write {all}"));
        }
        self.check_netem(findings);
        let both_ways = [
            (Block::Blackhole, self.faults.blackhole.is_some()),
            (Block::Reject, self.faults.reject.is_some()),
        ];
        let mut opposed = both_ways.into_iter().filter(|(_, is_there)| *is_there);
        let is_open = self.faults.has_netem() && self.traffic.direction.is_none();
        if let (true, Some((block, _))) = (is_open, opposed.next()) {
            let needed = format!(
                "is required: alone, {block} is for both ways and netem's faults for Egress; name \
                 one for all"
            );
            findings.refuse_absence("spec.traffic.direction", &needed);
        }
        if self.faults.reset.is_some() {
            self.check_reset(findings);
        }
        if let Some(reject) = self.faults.reject {
            self.check_reject(reject.with, findings);
        }
    }

    fn check_reject(&self, with: RejectWith, findings: &mut Findings) {
        if self.traffic.protocol == Protocol::Icmp {
            let allowed = "does not go with reject, which refuses TCP and UDP; \
                           write one of them or remove it";
            findings.refuse("spec.traffic.protocol", Protocol::Icmp, allowed);
        }
        if with == RejectWith::TcpReset {
            self.check_tcp("reject TcpReset", findings);
        }
    }

    fn check_reset(&self, findings: &mut Findings) {
        if let Some(direction) = self.traffic.direction {
            let allowed = "does not go with reset, which acts on both ends; name peers instead";
            findings.refuse("spec.traffic.direction", direction, allowed);
        }
        if self.traffic.protocol == Protocol::Icmp {
            let allowed = "does not go with reset; write TCP or remove it";
            findings.refuse("spec.traffic.protocol", Protocol::Icmp, allowed);
        }
        self.check_tcp("reset", findings);
    }

    /// Refuses UDP beside what answers TCP alone.
    fn check_tcp(&self, fault: &str, findings: &mut Findings) {
        let allowed = format!("does not go with {fault}; write TCP or remove it");
        if self.traffic.protocol == Protocol::Udp {
            findings.refuse("spec.traffic.protocol", Protocol::Udp, &allowed);
        }
        for (field, port) in traffic::peer_ports(&self.traffic) {
            if port.protocol == Some(Protocol::Udp) {
                findings.refuse(&format!("{field}.protocol"), Protocol::Udp, &allowed);
            }
        }
    }

    fn check_duration(&self, findings: &mut Findings) {
        let allowed = format!("is not allowed; write more than 0s and at most {MAX_DURATION}");
        if self.duration.is_zero() || self.duration > MAX_DURATION {
            findings.refuse("spec.duration", self.duration, &allowed);
        }
    }
}
