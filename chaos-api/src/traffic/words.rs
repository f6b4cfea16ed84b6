//! The words that narrow traffic down.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which way packets go, seen from the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Direction {
    /// Away from the target.
    Egress,
    /// Towards the target.
    Ingress,
    /// Either way.
    Both,
}

/// The protocol of the traffic.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// `ICMP` and `ICMPv6`.
    Icmp,
    /// Every protocol; with ports, TCP and UDP.
    #[default]
    #[serde(rename = "Any")]
    Any,
}

/// The IP version of the traffic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Family {
    /// Both.
    #[default]
    Any,
    /// IPv4.
    IPv4,
    /// IPv6.
    IPv6,
}

/// The interfaces of the traffic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Interfaces {
    /// All but loopback.
    #[default]
    Pod,
    /// Loopback, where the target talks to itself: each packet leaves it and arrives at it.
    Loopback,
    /// All.
    All,
}

/// Which connections, by when they began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Connections {
    /// All.
    #[default]
    All,
    /// Those that were complete before the fault was first armed.
    Existing,
    /// Those that were not.
    New,
}

/// Who opened a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Initiator {
    /// Either end; of a live connection: it is not known which.
    #[default]
    Any,
    /// The target.
    Target,
    /// The other end.
    Peer,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Egress => "Egress",
            Self::Ingress => "Ingress",
            Self::Both => "Both",
        })
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Icmp => "ICMP",
            Self::Any => "Any",
        })
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "Any",
            Self::IPv4 => "IPv4",
            Self::IPv6 => "IPv6",
        })
    }
}

impl fmt::Display for Interfaces {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Pod => "Pod",
            Self::Loopback => "Loopback",
            Self::All => "All",
        })
    }
}

impl fmt::Display for Connections {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::All => "All",
            Self::Existing => "Existing",
            Self::New => "New",
        })
    }
}

impl fmt::Display for Initiator {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "Any",
            Self::Target => "Target",
            Self::Peer => "Peer",
        })
    }
}
