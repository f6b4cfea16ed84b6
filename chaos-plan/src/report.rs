//! What an agent tells about its node's pods.

use chaos_api::{EndReason, FlowInfo, Receipt};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::FaultId;

/// The account of one node's agent: the faults it holds, and those it held until a while ago.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Report {
    /// One entry for each pod and fault.
    pub pods: Vec<PodReport>,
}

/// Why a text is no report for this version.
#[derive(Debug, Error)]
#[error("the report is not readable: {0}")]
pub struct UnreadableReport(serde_json::Error);

/// One fault in one pod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodReport {
    /// The pod's UID.
    pub uid: String,
    /// The pod's name.
    pub name: String,
    /// The pod's namespace.
    pub namespace: String,
    /// The fault.
    pub fault: FaultId,
    /// Where the fault stands there.
    pub state: ReportState,
    /// What it did there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
    /// What it would do there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<Preview>,
}

/// Where a fault stands in one pod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ReportState {
    /// The kernel holds it.
    Armed,
    /// Its connections are listed.
    Previewed,
    /// It could not be brought into force.
    Refused {
        /// Why, as one word in `CamelCase`.
        reason: String,
        /// Why, in words.
        message: String,
    },
    /// It was in force, and no kernel holds it any more.
    Ended {
        /// Why.
        reason: EndReason,
    },
}

/// The connections of one pod that a fault would hit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// How many there are, listed or not.
    pub total: u64,
    /// The first of them.
    pub connections: Vec<FlowInfo>,
}

impl Report {
    /// The report as the text that a `NodeReport` carries.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("a report is plain data")
    }

    /// Reads that text; an empty one is an empty report.
    pub fn from_text(text: &str) -> Result<Self, UnreadableReport> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_str(text).map_err(UnreadableReport)
    }
}
