//! `NodeReport`, by which one node's agent answers.
#![expect(
    clippy::duplicated_attributes,
    reason = "each printer column has a type"
)]

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{MAX_BODY, PlanId};

/// Nothing: the agent of the node that the object is named as writes the status only.
#[derive(
    CustomResource, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema,
)]
#[kube(
    group = "netfault.dev",
    version = "v1alpha1",
    kind = "NodeReport",
    plural = "nodereports",
    status = "NodeReportStatus",
    derive = "PartialEq",
    doc = "What one node's agent has done; written by that agent.",
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].status"
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].reason"
    ),
    printcolumn(name = "Version", type_ = "string", json_path = ".status.agentVersion"),
    printcolumn(name = "Epoch", type_ = "integer", json_path = ".status.epoch"),
    printcolumn(name = "Sequence", type_ = "integer", json_path = ".status.sequence"),
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp"
    )
)]
pub struct NodeReportSpec {}

/// What one node's agent says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeReportStatus {
    /// The term of the acknowledged plan.
    pub epoch: i64,
    /// The number of the acknowledged plan within its term.
    pub sequence: i64,
    /// What the acknowledged plan's text hashes to.
    #[schemars(length(max = 128))]
    pub hash: String,
    /// The encodings of plans that this agent reads.
    #[schemars(length(max = 8), inner(length(max = 32)))]
    pub encodings: Vec<String>,
    /// The agent's version.
    #[schemars(length(max = 64))]
    pub agent_version: String,
    /// `Ready`: whether it can act on this node, and if not, why.
    #[schemars(length(max = 8), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
    /// The report itself, as JSON.
    #[schemars(length(max = MAX_BODY))]
    pub report: String,
}

/// The only condition of a report.
pub const READY: &str = "Ready";

impl NodeReportStatus {
    /// The plan it acknowledges.
    pub fn acknowledged(&self) -> PlanId {
        PlanId {
            epoch: self.epoch,
            sequence: self.sequence,
            hash: self.hash.clone(),
        }
    }

    /// Whether the agent can act, or why not.
    pub fn ready(&self) -> Option<&Condition> {
        self.conditions.iter().find(|c| c.type_ == READY)
    }
}
