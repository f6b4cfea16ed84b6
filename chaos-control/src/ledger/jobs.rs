//! What is still to be written, in the order in which it matters: plans, then the objects in which
//! nodes answer, then statuses.

use chaos_api::{ENCODING, NetworkFaultStatus, NodePlanSpec};
use chaos_plan::{FaultId, encode};

use super::{Ledger, Moment};
use crate::mirror::Mirror;
use crate::views::Mark;

/// One write.
#[derive(Clone, Debug, PartialEq)]
pub enum Job {
    /// A node's plan.
    Plan {
        /// The node.
        node: String,
        /// Its UID.
        owner: String,
        /// The plan.
        spec: NodePlanSpec,
    },
    /// The object for a node's report, which is missing or has another owner.
    Report {
        /// The node.
        node: String,
        /// Its UID.
        owner: String,
    },
    /// A fault's status.
    Status {
        /// Which fault.
        id: FaultId,
        /// What the status says so far.
        before: Box<NetworkFaultStatus>,
        /// What it is to say.
        status: Box<NetworkFaultStatus>,
    },
}

/// What a write is to: one at a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// The plan of a node.
    Plan(String),
    /// The report of a node.
    Report(String),
    /// The status of the fault with this UID.
    Status(String),
}

impl Job {
    /// What it writes to.
    pub fn target(&self) -> Target {
        match self {
            Self::Plan { node, .. } => Target::Plan(node.clone()),
            Self::Report { node, .. } => Target::Report(node.clone()),
            Self::Status { id, .. } => Target::Status(id.uid.clone()),
        }
    }
}

impl Ledger {
    /// Up to `room` writes to begin now. Each is to be given to [`Ledger::wrote`] when it has ended.
    pub fn begin_jobs(&mut self, mirror: &Mirror, now: Moment, room: usize) -> Vec<Job> {
        let mut jobs: Vec<Job> = self.plan_jobs(mirror, now, room);
        jobs.extend(self.report_jobs(mirror, now, room - jobs.len()));
        jobs.extend(self.status_jobs(mirror, now, room - jobs.len()));
        for job in &jobs {
            self.attempts.begin(job.target());
        }
        jobs
    }

    /// Notes how a write has ended.
    pub fn wrote(&mut self, mirror: &Mirror, job: Job, succeeded: bool, now: Moment) {
        self.attempts.end(&job.target(), succeeded, now.local);
        if !succeeded {
            return;
        }
        match job {
            Job::Plan { node, owner, spec } => {
                if let Some(entry) = self.nodes.get_mut(&node) {
                    let mark = Mark {
                        id: spec.id(),
                        owner,
                    };
                    entry.published(mark, mirror.reports.get(&node), now);
                }
            }
            Job::Report { node, owner } => {
                if let Some(entry) = self.nodes.get_mut(&node) {
                    entry.report.wrote(owner, now.local);
                }
            }
            Job::Status { id, status, .. } => {
                self.statuses.remove(&id.uid);
                if let Some(entry) = self.faults.get_mut(&id.uid) {
                    entry.wrote(*status, now.local);
                }
            }
        }
    }

    fn plan_jobs(&mut self, mirror: &Mirror, now: Moment, room: usize) -> Vec<Job> {
        let (term, attempts) = (&mut self.term, &self.attempts);
        let due = self.nodes.iter().filter_map(|(node, entry)| {
            let owner = mirror.owner(node)?;
            let shown = mirror.plans.get(node).map(|plan| &plan.mark);
            let report = mirror.reports.get(node);
            let due = entry.must_publish(shown, owner, report);
            let may = due && attempts.may(&Target::Plan(node.clone()), now.local);
            may.then(|| {
                let epochs = [
                    entry.plan.believed(shown).map(|mark| mark.id.epoch),
                    shown.map(|mark| mark.id.epoch),
                    report.map(|report| report.acknowledged.epoch),
                ];
                let seen = epochs.into_iter().flatten().max().unwrap_or_default();
                let (epoch, sequence) = term.next(seen);
                let (plan, hash) = encode(&entry.body);
                Job::Plan {
                    node: node.clone(),
                    owner: owner.to_owned(),
                    spec: NodePlanSpec {
                        epoch,
                        sequence,
                        hash,
                        encoding: ENCODING.to_owned(),
                        published: now.server.as_millisecond(),
                        plan,
                    },
                }
            })
        });
        due.take(room).collect()
    }

    fn report_jobs(&self, mirror: &Mirror, now: Moment, room: usize) -> Vec<Job> {
        let due = self.nodes.iter().filter_map(|(node, entry)| {
            let owner = mirror.owner(node)?;
            let shown = mirror.reports.get(node).map(|report| &report.owner);
            let due = entry
                .report
                .believed(shown)
                .is_none_or(|known| known != owner);
            let may = due && self.attempts.may(&Target::Report(node.clone()), now.local);
            may.then(|| Job::Report {
                node: node.clone(),
                owner: owner.to_owned(),
            })
        });
        due.take(room).collect()
    }

    fn status_jobs(&self, mirror: &Mirror, now: Moment, room: usize) -> Vec<Job> {
        let due = self.statuses.iter().filter_map(|(uid, draft)| {
            let (view, _) = self.verdicts.get(uid)?;
            let early = draft.after.is_some_and(|after| after > now.local);
            let target = Target::Status(uid.clone());
            let may = !early && !self.is_held(mirror, uid) && self.attempts.may(&target, now.local);
            may.then(|| Job::Status {
                id: view.id.clone(),
                before: Box::new(view.status.clone()),
                status: Box::new(draft.status.clone()),
            })
        });
        due.take(room).collect()
    }

    /// Whether the status of a fault that has just started has to wait: it says when the fault
    /// started and for which pods, which must not be there before the plans are, or a leader that
    /// comes next finds a fault without its pods.
    fn is_held(&self, mirror: &Mirror, uid: &str) -> bool {
        let Some((view, verdict)) = self.verdicts.get(uid) else {
            return false;
        };
        if view.started.is_none() || view.status.started_at.is_some() {
            return false;
        }
        let mut nodes = verdict.chosen.iter().map(|pod| &pod.node);
        nodes.any(|node| {
            let shown = mirror.plans.get(node).map(|plan| &plan.mark);
            let entry = self.nodes.get(node);
            let published = entry.is_none_or(|entry| entry.is_published(shown));
            !published && !self.attempts.has_failed(&Target::Plan(node.clone()))
        })
    }
}
