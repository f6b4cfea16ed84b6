//! `NetworkFault`, the object in which a user says what is to happen to which pods' traffic.
#![expect(
    clippy::duplicated_attributes,
    reason = "each printer column has a type"
)]

mod choice;
mod condition;
mod local;
mod status;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use choice::Choice;
pub use condition::{ConditionType, Reason};
pub use status::{FaultState, NetworkFaultStatus, PodPreview, PodReceipt, PodState, Totals};

use crate::schema::{self, rules};
use crate::{Draw, Faults, PeerWords, Span, Traffic};

/// What a fault does, to which pods of its namespace, for how long. `spec` is immutable but for the
/// parameters of its faults, `duration` and `stopped`.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "netfault.dev",
    version = "v1alpha1",
    kind = "NetworkFault",
    plural = "networkfaults",
    shortname = "nf",
    namespaced,
    status = "NetworkFaultStatus",
    derive = "PartialEq",
    doc = "A fault in the network of some pods, for a time.",
    printcolumn(name = "Faults", type_ = "string", json_path = ".status.faults"),
    printcolumn(name = "Mode", type_ = "string", json_path = ".spec.mode"),
    printcolumn(name = "State", type_ = "string", json_path = ".status.state"),
    printcolumn(
        name = "Pods",
        type_ = "string",
        json_path = ".status.pods",
        description = "Pods in which the fault is in force, of those it is for"
    ),
    printcolumn(
        name = "Matched",
        type_ = "integer",
        json_path = ".status.totals.counters.matched",
        description = "Packets that met the fault"
    ),
    printcolumn(name = "Ends", type_ = "string", json_path = ".status.endsAt"),
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp"
    )
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-kubernetes-validations" = rules::spec()))]
pub struct NetworkFaultSpec {
    /// The pods of the fault's namespace that it is for, by at least one label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::optional_selector")]
    pub selector: Option<LabelSelector>,
    /// The same pods by their names, where no label tells them apart; instead of `selector`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schema::pod_names")]
    pub pods: Vec<String>,
    /// How many of these pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(required)]
    pub mode: Option<Mode>,
    /// The number (`2`) or the share (`30%`) that `mode` asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub value: Option<String>,
    /// The traffic of these pods that it meets; all of it where absent.
    #[serde(default, skip_serializing_if = "Traffic::is_all")]
    pub traffic: Traffic<PeerWords>,
    /// What happens to that traffic.
    pub faults: Faults,
    /// How long it lasts from the moment its plan is published.
    pub duration: Span,
    /// If it has not started by then, it does not start. Wanted on objects that a tool applies
    /// again and again, since such a tool would also fire it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::optional_time")]
    pub start_before: Option<jiff::Timestamp>,
    /// Whether it is done or only shown.
    #[serde(default, skip_serializing_if = "is_default")]
    pub enforcement: Enforcement,
    /// What happens to the kubelet's probes of these pods.
    #[serde(default, skip_serializing_if = "is_default")]
    pub probes: Probes,
    /// Whether pods that start during the fault are covered too; with mode All only.
    #[serde(default, skip_serializing_if = "is_default")]
    pub dynamic: bool,
    /// Seed of its draws and of the choice of pods; chosen and reported where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::seed")]
    pub seed: Option<u64>,
    /// What its draws go by.
    #[serde(default, skip_serializing_if = "is_default")]
    pub draw: Draw,
    /// All pods or none; not in this version.
    #[serde(default, skip_serializing_if = "is_default")]
    pub atomic: bool,
    /// Ends the fault and keeps its receipt; not taken back.
    #[serde(default, skip_serializing_if = "is_default")]
    pub stopped: bool,
}

/// How many of the pods that the selector matches. There is no default: who means every replica
/// says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Mode {
    /// Every one.
    All,
    /// One, drawn by the seed.
    One,
    /// As many as `value` says.
    Fixed,
    /// The share that `value` says, rounded down, at least one.
    FixedPercent,
    /// A share up to `value`, drawn by the seed, at least one pod.
    RandomMaxPercent,
}

/// Whether the fault is done or only shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Enforcement {
    /// Says which pods and connections would be hit; changes nothing.
    Preview,
    /// Counts what would be hit and touches nothing; not in this version.
    Shadow,
    /// Does it.
    #[default]
    Enforce,
}

/// What happens to the kubelet's probes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Probes {
    /// They pass.
    #[default]
    Spare,
    /// They are hit as any other traffic is.
    Include,
}

impl Mode {
    /// The mode's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::One => "One",
            Self::Fixed => "Fixed",
            Self::FixedPercent => "FixedPercent",
            Self::RandomMaxPercent => "RandomMaxPercent",
        }
    }
}

/// Whether a field says what its absence says.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
