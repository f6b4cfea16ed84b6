//! What the controller says about a fault: where it stands, what it hit.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::is_default;
use crate::{
    ConditionType, Draw, FlowInfo, MAX_MESSAGE, MAX_MESSAGES, MAX_PREVIEW, MAX_RECEIPTS,
    RuleCounters, Span, schema,
};

/// The account of a fault over all its pods.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct NetworkFaultStatus {
    /// The generation of the object that this is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The conditions, by type.
    #[schemars(length(max = 8), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
    /// Where it stands, in one word.
    pub state: FaultState,
    /// Its faults in words, such as `reset 50%`.
    #[schemars(length(max = MAX_MESSAGE))]
    pub faults: String,
    /// Pods in which it is in force, of those it is for: `2/3`.
    #[schemars(length(max = 32))]
    pub pods: String,
    /// Pods that the selector matches.
    pub selected: u32,
    /// Pods that it is for.
    pub chosen: u32,
    /// Pods in which it is in force.
    pub active: u32,
    /// Pods that were refused or failed.
    pub failed: u32,
    /// When its first plan was published, by the API server's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::optional_time")]
    pub started_at: Option<Timestamp>,
    /// When it ends by itself, by the API server's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::optional_time")]
    pub ends_at: Option<Timestamp>,
    /// The seed of its draws and of the choice of pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::seed")]
    pub seed: Option<u64>,
    /// What its draws go by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draw: Option<Draw>,
    /// What it hit in all its pods.
    pub totals: Totals,
    /// What it hit in each pod; `totals` has the pods that are too many to list.
    #[schemars(length(max = MAX_RECEIPTS))]
    pub receipts: Vec<PodReceipt>,
    /// For a preview: the connections that it would hit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_RECEIPTS))]
    pub preview: Vec<PodPreview>,
    /// What the reader should know, a line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_MESSAGES), inner(length(max = MAX_MESSAGE)))]
    pub messages: Vec<String>,
}

impl NetworkFaultStatus {
    /// The condition of a type.
    pub fn condition(&self, kind: ConditionType) -> Option<&Condition> {
        self.conditions.iter().find(|c| c.type_ == kind.as_str())
    }

    /// Whether a condition is true.
    pub fn is(&self, kind: ConditionType) -> bool {
        self.condition(kind).is_some_and(|c| c.status == "True")
    }
}

/// Where a fault stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum FaultState {
    /// Not in force yet.
    #[default]
    Pending,
    /// In force in every pod it is for.
    Active,
    /// In force in some of its pods.
    Partial,
    /// Shows what it would hit.
    Preview,
    /// Not allowed here.
    Refused,
    /// Over, and no kernel holds it.
    Ended,
}

/// What a fault hit in all its pods.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Totals {
    /// Pods that are counted here.
    pub pods: u32,
    /// What its rules did.
    pub counters: RuleCounters,
    /// Distinct connections that were reset or refused.
    pub connections_reset: u64,
    /// The first time a packet met it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::optional_time")]
    pub first_hit: Option<Timestamp>,
    /// The latest time a packet met it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::optional_time")]
    pub last_hit: Option<Timestamp>,
}

/// What a fault did in one pod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PodReceipt {
    /// The pod's name.
    #[schemars(length(max = 253))]
    pub pod: String,
    /// The pod's UID.
    #[schemars(length(max = 64))]
    pub uid: String,
    /// Its node.
    #[schemars(length(max = 253))]
    pub node: String,
    /// Where the fault stands there.
    pub state: PodState,
    /// Why it is not in force there, or why it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub reason: Option<String>,
    /// The same in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_MESSAGE))]
    pub message: Option<String>,
    /// What its rules did there.
    #[serde(default, skip_serializing_if = "is_default")]
    pub counters: RuleCounters,
    /// Distinct connections that were reset or refused.
    #[serde(default, skip_serializing_if = "is_default")]
    pub connections_reset: u64,
    /// The first time a packet met it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::optional_time")]
    pub first_hit: Option<Timestamp>,
    /// The latest time a packet met it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::optional_time")]
    pub last_hit: Option<Timestamp>,
    /// How long, in all, the agent stood still and everything passed.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(schema_with = "schema::plain_span")]
    pub interrupted: Span,
}

/// Where a fault stands in one pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum PodState {
    /// Its node has not answered.
    Waiting,
    /// In force.
    Armed,
    /// Its connections are listed, and nothing is changed.
    Previewed,
    /// It cannot be hit.
    Refused,
    /// Over.
    Ended,
}

/// The connections of one pod that a fault would hit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PodPreview {
    /// The pod's name.
    #[schemars(length(max = 253))]
    pub pod: String,
    /// How many there are, listed or not.
    pub total: u64,
    /// The first of them.
    #[schemars(length(max = MAX_PREVIEW))]
    pub connections: Vec<FlowInfo>,
}
