//! Which traffic of the target a fault meets, in `NetworkPolicy`'s vocabulary.

mod words;

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::rules;
use crate::units::cidr;
use crate::{MAX_EXCEPT_PEERS, MAX_PEERS, MAX_PORTS, PortRange};

pub use words::{Connections, Direction, Family, Initiator, Interfaces, Protocol};

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
    /// The other ends that it does not meet, whatever `peers` names; of those that name ports, these
    /// ports.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_EXCEPT_PEERS))]
    pub except_peers: Vec<P>,
    /// On which interfaces.
    #[serde(skip_serializing_if = "is_default")]
    pub interfaces: Interfaces,
    /// Which connections, by when they began; all but `All` are of TCP.
    #[serde(skip_serializing_if = "is_default")]
    pub connections: Connections,
    /// Which connections, by who opened them; all but `Any` are of TCP.
    #[serde(skip_serializing_if = "is_default")]
    pub initiator: Initiator,
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
            except_peers,
            interfaces,
            connections: _,
            initiator: _,
        } = self;
        direction.is_none()
            && *protocol == Protocol::Any
            && *family == Family::Any
            && local_ports.is_empty()
            && peers.is_empty()
            && except_peers.is_empty()
            && is_default(interfaces)
            && !self.names_connections()
    }

    /// Whether it asks when a connection began, or who opened it, so that it is TCP's alone.
    pub fn names_connections(&self) -> bool {
        self.tells_ages() || self.initiator != Initiator::Any
    }

    /// Whether it tells the connections that existed when the fault was armed from later ones.
    pub fn tells_ages(&self) -> bool {
        self.connections != Connections::All
    }

    /// The same traffic with its other ends in another form; none may become none only where there
    /// were none, since no peer is every peer.
    pub fn with_peers<Q>(&self, peers: Vec<Q>, except_peers: Vec<Q>) -> Traffic<Q> {
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
            except_peers,
            interfaces: self.interfaces,
            connections: self.connections,
            initiator: self.initiator,
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
            except_peers: Vec::new(),
            interfaces: Interfaces::default(),
            connections: Connections::default(),
            initiator: Initiator::default(),
        }
    }
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

/// Whether a word is the one that stands where none is written.
fn is_default<T: Default + PartialEq>(word: &T) -> bool {
    *word == T::default()
}
