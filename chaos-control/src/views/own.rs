//! netfault's own objects: what plans and reports say.

use std::collections::BTreeSet;

use chaos_api::{EndReason, NodePlan, NodeReport, PlanId};
use chaos_plan::{FaultId, PlanBody, Report, ReportState, Unsupported, decode};
use jiff::Timestamp;
use kube::api::ObjectMeta;
use kube::core::error_boundary::InvalidObject;

use super::owner;

/// A plan as the API server has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShownPlan {
    /// What distinguishes it.
    pub mark: Mark,
    /// When it was published, by the API server's clock.
    pub published: Timestamp,
    /// Its faults.
    pub faults: Vec<FoundFault>,
}

/// A fault that is not what its kind says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongFault {
    /// Which fault.
    pub id: FaultId,
    /// What is wrong with it: the field, and why.
    pub problem: String,
}

/// A plan by what distinguishes it from others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Which plan. Its hash is empty where its text cannot be relied on.
    pub id: PlanId,
    /// The UID of the node that owns it; empty where none does.
    pub owner: String,
}

/// A fault as a plan has it: what a leader before this one decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFault {
    /// Which fault.
    pub id: FaultId,
    /// Its seed.
    pub seed: u64,
    /// When it ends.
    pub ends: Timestamp,
    /// The UIDs of its pods on this node.
    pub pods: BTreeSet<String>,
}

/// A report as the API server has it, but for its pods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShownReport {
    /// The UID of the node that owns it; empty where none does.
    pub owner: String,
    /// The plan that it acknowledges.
    pub acknowledged: PlanId,
    /// The UIDs of the faults that it names.
    pub faults: BTreeSet<String>,
    /// The faults that its agent lost when it was started anew.
    pub lost: BTreeSet<FaultId>,
    /// What is wrong with it, where it cannot be read.
    pub problem: Option<String>,
}

/// A fault that the API server has and that cannot be read.
pub fn wrong_fault(object: InvalidObject) -> WrongFault {
    let meta = object.metadata;
    let id = FaultId {
        namespace: meta.namespace.unwrap_or_default(),
        name: meta.name.unwrap_or_default(),
        uid: meta.uid.unwrap_or_default(),
    };
    WrongFault {
        id,
        problem: object.error,
    }
}

impl ShownPlan {
    /// Reads a plan. One that cannot be read counts as one that says something else than it
    /// should, so that it is written again.
    pub fn of(plan: &NodePlan) -> Self {
        let spec = &plan.spec;
        let body = Unsupported::verify(&spec.plan, &spec.hash)
            .and_then(|()| decode(&spec.encoding, &spec.plan));
        let mut id = spec.id();
        if let Err(error) = &body {
            tracing::warn!(plan = plan.metadata.name, %error, "a plan is not what was written");
            id.hash.clear();
        }
        let owner = owner(&plan.metadata);
        Self {
            mark: Mark { id, owner },
            published: Timestamp::from_millisecond(spec.published).unwrap_or_default(),
            faults: body.map(|body| found(&body)).unwrap_or_default(),
        }
    }
}

fn found(body: &PlanBody) -> Vec<FoundFault> {
    let mut chosen = PlanBody::chosen([body]);
    let faults = body.faults.iter();
    faults
        .map(|fault| FoundFault {
            id: fault.id.clone(),
            seed: fault.seed,
            ends: fault.ends,
            pods: chosen.remove(&fault.id).unwrap_or_default(),
        })
        .collect()
}

impl ShownReport {
    /// Reads a report; one that cannot be read says nothing and acknowledges nothing.
    pub fn of(report: &NodeReport) -> (Self, Report) {
        let status = report.status.clone().unwrap_or_default();
        let said = match Report::from_text(&status.report) {
            Ok(said) => said,
            Err(error) => return Self::unreadable(&report.metadata, error.to_string()),
        };
        let shown = Self {
            owner: owner(&report.metadata),
            acknowledged: status.acknowledged(),
            faults: said.pods.iter().map(|pod| pod.fault.uid.clone()).collect(),
            lost: lost(&said),
            problem: None,
        };
        (shown, said)
    }

    /// A report that is there and says nothing.
    pub fn unreadable(meta: &ObjectMeta, problem: String) -> (Self, Report) {
        let shown = Self {
            owner: owner(meta),
            problem: Some(problem),
            ..Self::default()
        };
        (shown, Report::default())
    }
}

fn lost(said: &Report) -> BTreeSet<FaultId> {
    let restarted = ReportState::Ended {
        reason: EndReason::AgentRestarted,
    };
    let pods = said.pods.iter().filter(|pod| pod.state == restarted);
    pods.map(|pod| pod.fault.clone()).collect()
}
