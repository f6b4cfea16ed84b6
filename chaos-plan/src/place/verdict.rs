//! What planning says about each fault.

use std::collections::BTreeMap;
use std::fmt;

use chaos_api::Reason;
use jiff::Timestamp;

use crate::{FaultId, PlanBody};

/// The plans for all nodes, and what became of each fault.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// By node; a node that is not here has nothing to do.
    pub plans: BTreeMap<String, PlanBody>,
    /// By fault, each that was asked for.
    pub verdicts: BTreeMap<FaultId, Verdict>,
}

/// What became of one fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it is in the plans.
    pub outcome: Outcome,
    /// Why.
    pub reason: Reason,
    /// The same in words, for its user.
    pub message: String,
    /// When it ends, where it is in the plans.
    pub ends: Option<Timestamp>,
    /// How many pods its selector matches.
    pub selected: u32,
    /// The pods it is for, sorted by name.
    pub chosen: Vec<PodRef>,
    /// The selected pods that cannot be hit, sorted by name.
    pub refused: Vec<(PodRef, Refusal)>,
    /// What its user should know, a line each.
    pub notes: Vec<String>,
}

/// Whether a fault is in the plans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It is.
    Placed,
    /// It is not, and may be later, when what is in its way has gone.
    Refused,
    /// It is not, and will not be again.
    Over,
}

/// A pod by its names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodRef {
    /// Its name; its namespace is the fault's.
    pub name: String,
    /// Its UID.
    pub uid: String,
    /// Its node; empty where it has none.
    pub node: String,
}

/// Why a pod cannot be hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// It has no node yet.
    NotScheduled,
    /// Its node is not known.
    NodeUnknown,
    /// It has no address yet.
    NoAddress,
    /// It lives in its node's network namespace.
    HostNetwork,
    /// It runs on Windows.
    Windows,
    /// Its node is not a machine: there is no kernel to act in.
    VirtualNode,
    /// Its runtime has a network stack of its own.
    SandboxedRuntime,
    /// It started when the fault had as many pods as this installation allows.
    TooManyPods,
}

impl Refusal {
    /// The reason's word in a status.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotScheduled => "NotScheduled",
            Self::NodeUnknown => "NodeUnknown",
            Self::NoAddress => "NoAddress",
            Self::HostNetwork => "HostNetwork",
            Self::Windows => "Windows",
            Self::VirtualNode => "VirtualNode",
            Self::SandboxedRuntime => "SandboxedRuntime",
            Self::TooManyPods => "TooManyPods",
        }
    }

    /// The reason in words.
    pub const fn message(self) -> &'static str {
        match self {
            Self::NotScheduled => "it is not on a node yet",
            Self::NodeUnknown => "its node is not known to the API server",
            Self::NoAddress => "it has no address yet",
            Self::HostNetwork => {
                "it lives in its node's network namespace, where a fault would hit the whole node"
            }
            Self::Windows => "it runs on Windows; netfault acts in the Linux kernel",
            Self::VirtualNode => "its node is virtual: there is no kernel to act in",
            Self::SandboxedRuntime => {
                "its runtime has a network stack of its own, below which a fault would not be seen"
            }
            Self::TooManyPods => {
                "it started when the fault had as many pods as this installation allows"
            }
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.message())
    }
}
