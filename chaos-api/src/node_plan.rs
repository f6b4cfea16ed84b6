//! `NodePlan`, by which the control plane tells one node's agent what to do.
#![expect(
    clippy::duplicated_attributes,
    reason = "each printer column has a type"
)]

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::MAX_BODY;

/// The plan of the node that the object is named as. Plans are ordered by (`epoch`, `sequence`) and
/// told apart by `hash`; the object's generation means nothing.
#[derive(CustomResource, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "netfault.dev",
    version = "v1alpha1",
    kind = "NodePlan",
    plural = "nodeplans",
    derive = "PartialEq",
    doc = "What one node's agent is to do; written by netfault's control plane.",
    printcolumn(name = "Epoch", type_ = "integer", json_path = ".spec.epoch"),
    printcolumn(name = "Sequence", type_ = "integer", json_path = ".spec.sequence"),
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp"
    )
)]
#[serde(rename_all = "camelCase")]
pub struct NodePlanSpec {
    /// The term of the leader that wrote it.
    pub epoch: i64,
    /// Its number within the term.
    pub sequence: i64,
    /// What `plan` hashes to.
    #[schemars(length(max = 128))]
    pub hash: String,
    /// How `plan` is written: [`ENCODING`].
    #[schemars(length(max = 32))]
    pub encoding: String,
    /// When it was published, in milliseconds since the Unix epoch by the API server's clock.
    pub published: i64,
    /// The plan itself, which only `encoding` knows how to read.
    #[schemars(length(max = MAX_BODY))]
    pub plan: String,
}

/// The encoding of plans in this version.
pub const ENCODING: &str = "json/1";

/// Which plan: what an agent acknowledges.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlanId {
    /// The term of the leader that wrote it.
    pub epoch: i64,
    /// Its number within the term.
    pub sequence: i64,
    /// What its text hashes to.
    pub hash: String,
}

impl NodePlanSpec {
    /// Which plan this is.
    pub fn id(&self) -> PlanId {
        PlanId {
            epoch: self.epoch,
            sequence: self.sequence,
            hash: self.hash.clone(),
        }
    }
}

impl PlanId {
    /// Whether this one was written after `other`.
    pub fn is_after(&self, other: &Self) -> bool {
        (self.epoch, self.sequence) > (other.epoch, other.sequence)
    }
}
