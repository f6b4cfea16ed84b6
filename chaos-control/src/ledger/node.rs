//! What the leader remembers of a node.

use chaos_api::PlanId;
use chaos_plan::{Answer, FaultId, PlanBody, encode};
use jiff::Timestamp;

use super::{Moment, echo::Echo};
use crate::views::{Mark, ShownPlan, ShownReport};

/// What the leader remembers of a node: what it is to do, and how far that is told.
#[derive(Debug)]
pub(super) struct NodeEntry {
    /// What its plan is to say.
    pub(super) body: PlanBody,
    /// What that hashes to.
    pub(super) hash: String,
    /// Its plan as it was written.
    pub(super) plan: Echo<Mark>,
    /// The owner with which its report was made.
    pub(super) report: Echo<String>,
    /// Since when it owes an answer.
    asked: Option<Timestamp>,
    /// Whether its plan was published again for an agent that was started anew.
    renewed: bool,
}

impl NodeEntry {
    /// A node with nothing to do, of which the plan that is shown may be old.
    pub(super) fn new(shown: Option<&ShownPlan>) -> Self {
        let body = PlanBody::default();
        Self {
            hash: encode(&body).1,
            body,
            plan: Echo::default(),
            report: Echo::default(),
            asked: shown.map(|plan| plan.published),
            renewed: false,
        }
    }

    /// Says what it is to do.
    pub(super) fn want(&mut self, body: PlanBody) {
        if self.body != body {
            self.hash = encode(&body).1;
            self.body = body;
        }
    }

    /// Whether its plan must be written for the node with this UID.
    pub(super) fn must_publish(
        &self,
        shown: Option<&Mark>,
        owner: &str,
        report: Option<&ShownReport>,
    ) -> bool {
        let believed = self.plan.believed(shown);
        let stands = believed.is_some_and(|mark| mark.id.hash == self.hash && mark.owner == owner);
        !stands || believed.is_some_and(|mark| self.must_renew(&mark.id, report))
    }

    /// Whether its plan is written as it is to be.
    pub(super) fn is_published(&self, shown: Option<&Mark>) -> bool {
        let believed = self.plan.believed(shown);
        believed.is_some_and(|mark| mark.id.hash == self.hash)
    }

    /// Whether an agent was started anew and waits for a later plan, since it arms nothing from one
    /// that it acknowledged before. Once, so that an agent that has other reasons is not asked for
    /// ever.
    fn must_renew(&self, id: &PlanId, report: Option<&ShownReport>) -> bool {
        !self.renewed
            && report.is_some_and(|report| report.acknowledged == *id && self.lost(report))
    }

    fn lost(&self, report: &ShownReport) -> bool {
        let wanted = |id: &FaultId| self.body.faults.iter().any(|fault| fault.id == *id);
        report.lost.iter().any(wanted)
    }

    /// Notes that its plan was written.
    pub(super) fn published(&mut self, mark: Mark, report: Option<&ShownReport>, now: Moment) {
        self.renewed = report.is_some_and(|report| self.lost(report));
        self.asked = self.asked.or(Some(now.server));
        self.plan.wrote(mark, now.local);
    }

    /// Brings a node's answer up to date with what it was asked.
    pub(super) fn judge(
        &mut self,
        shown: Option<&Mark>,
        report: Option<&ShownReport>,
        answer: &mut Answer,
    ) {
        let believed = self.plan.believed(shown);
        let stands = believed.filter(|mark| mark.id.hash == self.hash);
        let acknowledged = report.map(|report| &report.acknowledged);
        answer.current = stands.is_some_and(|mark| Some(&mark.id) == acknowledged);
        if answer.current {
            self.asked = None;
            if report.is_some_and(|report| !self.lost(report)) {
                self.renewed = false;
            }
        }
        answer.asked = self.asked;
    }
}
