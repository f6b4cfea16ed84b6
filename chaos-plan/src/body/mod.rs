//! The plan of one node: which pods are under which faults. It holds no choice and no name that
//! would have to be looked up.

mod orders;
mod wire;

use std::fmt;
use std::net::IpAddr;

use chaos_api::{Draw, Enforcement, Faults, PeerPort, Probes, Traffic};
use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use orders::PodOrder;
pub use wire::{Unsupported, decode, encode};

/// What one node's agent is to do. What several pods share stands once and is referred to by its
/// index.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanBody {
    /// The faults, sorted by their identity.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<PlannedFault>,
    /// The sets of peers, each there once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub peers: Vec<PeerSet>,
    /// The pods, sorted by namespace, name and UID.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pods: Vec<PodPlan>,
    /// The node's own addresses, from which the kubelet probes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<IpAddr>,
    /// Over how many milliseconds the agents spread their answers to this change.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub spread: u32,
}

/// One fault, the same in all its pods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlannedFault {
    /// Which fault.
    pub id: FaultId,
    /// What it does.
    pub faults: Faults,
    /// The traffic that it meets; its peers are indices of [`PlanBody::peers`].
    #[serde(default, skip_serializing_if = "Traffic::is_all")]
    pub traffic: Traffic<u32>,
    /// When it ends, by the API server's clock.
    pub ends: Timestamp,
    /// The seed of its draws.
    pub seed: u64,
    /// What they go by.
    #[serde(default, skip_serializing_if = "is_default")]
    pub draw: Draw,
    /// Whether it is done or only shown.
    pub enforcement: Enforcement,
    /// Whether the kubelet's probes pass.
    pub probes: Probes,
}

/// The lasting identity of a fault: an object made anew under the same name has another UID.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultId {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its UID.
    pub uid: String,
}

/// Some other ends: any of the ports at any of the addresses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PeerSet {
    /// The ranges of addresses; absent is every address, and an empty list is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub addresses: Option<Vec<IpNet>>,
    /// Holes in the ranges.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<IpNet>,
    /// The ports; any where empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<PeerPort>,
}

/// One pod and the faults that it is under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PodPlan {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its UID.
    pub uid: String,
    /// Its addresses: a network namespace without one of them is not the pod's.
    pub ips: Vec<IpAddr>,
    /// For a static pod, the hash by which its cgroup is named instead of the UID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// Its faults, as indices of [`PlanBody::faults`].
    pub faults: Vec<u32>,
    /// The TCP ports that the kubelet probes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub probes: Vec<u16>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes fields by reference"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl PlanBody {
    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        self.pods.is_empty()
    }
}

impl fmt::Display for FaultId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}
