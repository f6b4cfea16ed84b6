//! `Halt`, the panic button: while the one object of this kind exists, nothing is under fault.
#![expect(
    unreachable_pub,
    reason = "the schema's derive repeats the struct inside a function"
)]

use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

use crate::MAX_MESSAGE;

/// Why everything is stopped. While the object exists, agents hold no fault and none starts.
#[derive(
    CustomResource, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema,
)]
#[kube(
    group = "netfault.dev",
    version = "v1alpha1",
    kind = "Halt",
    plural = "halts",
    derive = "PartialEq",
    doc = "Stops every fault in the cluster while it exists.",
    printcolumn(name = "Reason", type_ = "string", json_path = ".spec.reason"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    validation = Rule::new("self.metadata.name == 'halt'").message("is named halt; there is one")
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HaltSpec {
    /// Why, for those who look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_MESSAGE))]
    pub reason: Option<String>,
}

/// The name of the one object.
pub const HALT: &str = "halt";
