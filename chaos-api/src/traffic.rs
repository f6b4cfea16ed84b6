//! Which traffic of the target a fault meets, in `NetworkPolicy`'s vocabulary.

use std::fmt;

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::{self, rules};
use crate::units::cidr;
use crate::{MAX_PEERS, MAX_PORTS, PortRange};

/// The traffic a fault meets: what satisfies every field.
///
/// The other ends come in three forms: as users write them ([`PeerWords`](crate::PeerWords)), as
/// addresses ([`Peer`]), and in a plan as indices of sets of addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    rename_all = "camelCase",
    deny_unknown_fields,
    default,
    bound(deserialize = "P: Deserialize<'de>")
)]
#[schemars(
    bound = "P: JsonSchema + Serialize",
    transform = schema::with_planned,
    extend("x-kubernetes-validations" = rules::traffic())
)]
pub struct Traffic<P = Peer> {
    /// Which way, seen from the target; each fault has its own default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// Which protocol.
    pub protocol: Protocol,
    /// Which IP version.
    pub family: Family,
    /// The target's own ports, of TCP or UDP; any where empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_PORTS))]
    pub local_ports: Vec<PortRange>,
    /// The other ends; any where empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_PEERS))]
    pub peers: Vec<P>,
}

impl<P> Traffic<P> {
    /// Whether this is all traffic of the target.
    pub fn is_all(&self) -> bool {
        let Self {
            direction,
            protocol,
            family,
            local_ports,
            peers,
        } = self;
        direction.is_none()
            && *protocol == Protocol::Any
            && *family == Family::Any
            && local_ports.is_empty()
            && peers.is_empty()
    }

    /// The same traffic with its other ends in another form; none may become none only where there
    /// were none, since no peer is every peer.
    pub fn with_peers<Q>(&self, peers: Vec<Q>) -> Traffic<Q> {
        debug_assert!(
            self.peers.is_empty() == peers.is_empty(),
            "no peer is every peer"
        );
        Traffic {
            direction: self.direction,
            protocol: self.protocol,
            family: self.family,
            local_ports: self.local_ports.clone(),
            peers,
        }
    }
}

impl<P> Default for Traffic<P> {
    fn default() -> Self {
        Self {
            direction: None,
            protocol: Protocol::Any,
            family: Family::Any,
            local_ports: Vec::new(),
            peers: Vec::new(),
        }
    }
}

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

/// Some other ends: addresses, ports of theirs, or both. One that names nothing is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Peer {
    /// Their addresses; any where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_block: Option<IpBlock>,
    /// Their ports; any where empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<PeerPort>,
}

/// A range of addresses with holes.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-kubernetes-validations" = rules::ip_block()))]
pub struct IpBlock {
    /// The range; its host bits are zero.
    #[serde(deserialize_with = "cidr::one")]
    #[schemars(schema_with = "cidr::schema")]
    pub cidr: IpNet,
    /// The holes, each inside `cidr`.
    #[serde(
        default,
        deserialize_with = "cidr::many",
        skip_serializing_if = "Vec::is_empty"
    )]
    #[schemars(schema_with = "cidr::list_schema")]
    pub except: Vec<IpNet>,
}

/// A port of a peer, or a range of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PeerPort {
    /// The port, or the first of the range; 1 to 65535.
    pub port: u16,
    /// The last port of the range, itself included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_port: Option<u16>,
    /// TCP or UDP; the traffic's protocol where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<Protocol>,
}

impl From<PortRange> for PeerPort {
    fn from(range: PortRange) -> Self {
        Self {
            port: range.first(),
            end_port: (range.last() != range.first()).then_some(range.last()),
            protocol: None,
        }
    }
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
