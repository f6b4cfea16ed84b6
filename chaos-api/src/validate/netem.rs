//! The rules of netem's faults.

use super::Findings;
use crate::{
    Apply, Delay, Distribution, FaultSpec, Interfaces, Loss, LossPer, MAX_TABLE, Protocol, Reorder,
    Span, Stage,
};

impl FaultSpec {
    pub(super) fn check_netem(&self, findings: &mut Findings) {
        self.check_interfaces(findings);
        if let Some(delay) = &self.faults.delay {
            check_delay(delay, findings);
            self.check_stage(delay, findings);
        }
        if let Some(loss) = &self.faults.loss {
            check_loss(loss, findings);
        }
        if let Some(reorder) = &self.faults.reorder {
            check_gap(reorder, findings);
            if self.faults.delay.is_none() {
                let needed =
                    "needs a delay, which the packets that overtake do not have; write delay too";
                findings.refuse_absence("spec.faults.reorder", needed);
            }
        }
    }

    /// What comes back from the line has no way into loopback.
    fn check_interfaces(&self, findings: &mut Findings) {
        let interfaces = self.traffic.interfaces;
        if self.faults.needs_line() && interfaces != Interfaces::Pod {
            let allowed = "does not go with netem's faults; write Pod or remove it";
            findings.refuse("spec.traffic.interfaces", interfaces, allowed);
        }
    }

    fn check_stage(&self, delay: &Delay, findings: &mut Findings) {
        let is_other = matches!(self.traffic.protocol, Protocol::Udp | Protocol::Icmp);
        if delay.stage == Stage::Syn && is_other {
            let allowed = "does not go with stage: Syn, which only TCP has; write TCP or remove it";
            findings.refuse("spec.traffic.protocol", self.traffic.protocol, allowed);
        }
    }
}

fn check_delay(delay: &Delay, findings: &mut Findings) {
    let field = |name: &str| format!("spec.faults.delay.{name}");
    let (shortest, longest) = (Delay::SHORTEST, Delay::LONGEST);
    if !(shortest..=longest).contains(&delay.latency) {
        let allowed = format!("is not allowed; write {shortest} to {longest}");
        findings.refuse(&field("latency"), delay.latency, &allowed);
    }
    if delay.jitter > longest {
        let allowed = format!("is not allowed; write at most {longest}");
        findings.refuse(&field("jitter"), delay.jitter, &allowed);
    }
    let alone = "is that of jitter; write jitter too, or remove it";
    if let Some(correlation) = delay.correlation.filter(|_| delay.jitter == Span::ZERO) {
        findings.refuse(&field("correlation"), correlation, alone);
    }
    if delay.distribution != Distribution::Uniform && delay.jitter == Span::ZERO {
        findings.refuse(&field("distribution"), delay.distribution, alone);
    }
    check_table(delay, findings);
    if delay.stage == Stage::Syn && delay.apply == Apply::Payload {
        let allowed = "does not go with apply: Payload, since a SYN has none; write one of them";
        findings.refuse_absence(&field("stage"), allowed);
    }
}

fn check_table(delay: &Delay, findings: &mut Findings) {
    let is_asked = delay.distribution == Distribution::Table;
    let field = |name: &str| format!("spec.faults.delay.{name}");
    let Some(table) = &delay.table else {
        if is_asked {
            let needed = "Table needs its numbers; write table too";
            findings.refuse_absence(&field("distribution"), needed);
        }
        return;
    };
    if !is_asked {
        let alone = "is that of distribution: Table; write that too, or remove it";
        findings.refuse_absence(&field("table"), alone);
    }
    let count = table.numbers().len();
    if !(1..=MAX_TABLE).contains(&count) {
        let allowed = format!("has {count} numbers; write 1 to {MAX_TABLE}");
        findings.refuse_absence(&field("table"), &allowed);
    }
}

fn check_loss(loss: &Loss, findings: &mut Findings) {
    let field = |name: &str| format!("spec.faults.loss.{name}");
    let ways = [
        loss.loss.is_some(),
        loss.gemodel.is_some(),
        loss.nth.is_some(),
    ];
    if ways.into_iter().filter(|way| *way).count() != 1 {
        let needed = "says what is lost in one way; write one of loss, gemodel and nth";
        findings.refuse_absence("spec.faults.loss", needed);
    }
    if let Some(correlation) = loss.correlation.filter(|_| loss.loss.is_none()) {
        let allowed = "goes with a share of packets only; remove it";
        findings.refuse(&field("correlation"), correlation, allowed);
    }
    let is_share = loss.loss.is_some() && loss.correlation.is_none();
    if loss.per == LossPer::Connection && !is_share {
        let needed = "Connection goes with a share alone; write Packet or remove it";
        findings.refuse_absence(&field("per"), needed);
    }
    check_count(&field("nth"), loss.nth, Loss::MAX_NTH, findings);
}

fn check_gap(reorder: &Reorder, findings: &mut Findings) {
    check_count(
        "spec.faults.reorder.gap",
        reorder.gap,
        Reorder::MAX_GAP,
        findings,
    );
}

fn check_count(field: &str, count: Option<u32>, most: u32, findings: &mut Findings) {
    if let Some(count) = count.filter(|count| !(1..=most).contains(count)) {
        findings.refuse(field, count, &format!("is not allowed; write 1 to {most}"));
    }
}
