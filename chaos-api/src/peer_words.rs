//! The other ends as users name them in a cluster: a Service, pods by their labels, addresses.

use std::fmt;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::{self, rules};
use crate::units::text;
use crate::{IpBlock, MAX_NAME, MAX_PORTS, PortRange, Protocol};

/// Some other ends as a user names them: by at most one of a Service, selectors and a range of
/// addresses, and by their ports. One that names nothing is refused. It holds no address of a pod:
/// those are looked up when a plan is made, and kept current.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(extend("x-kubernetes-validations" = rules::peer()))]
pub struct PeerWords {
    /// A Service: its own addresses and its endpoints. `ports` then are ports of the Service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceRef>,
    /// Pods with these labels, of the fault's namespace where `namespaceSelector` is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::optional_selector")]
    pub pod_selector: Option<LabelSelector>,
    /// Pods of the namespaces with these labels, all of them where `podSelector` is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::optional_selector")]
    pub namespace_selector: Option<LabelSelector>,
    /// Their addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_block: Option<IpBlock>,
    /// Their ports; any where empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_PORTS))]
    pub ports: Vec<PortWords>,
}

impl PeerWords {
    /// Whether it names pods by their labels.
    pub fn has_selector(&self) -> bool {
        self.pod_selector.is_some() || self.namespace_selector.is_some()
    }
}

/// A Service by its name.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceRef {
    /// Its name.
    #[schemars(length(min = 1, max = MAX_NAME))]
    pub name: String,
    /// Its namespace; the fault's where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_NAME))]
    pub namespace: Option<String>,
}

/// A port of a peer by number or name, or a range of them.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-kubernetes-validations" = rules::port()))]
pub struct PortWords {
    /// The port, or the first of the range; a name is one of the Service's or of the pods'
    /// containers'.
    pub port: PortName,
    /// The last port of the range, itself included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65535))]
    pub end_port: Option<u16>,
    /// TCP or UDP; the traffic's protocol where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<Protocol>,
}

/// A port as a number or by its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(untagged)]
pub enum PortName {
    /// 1 to 65535.
    Number(u16),
    /// An IANA service name (RFC 6335 §5.1), as Kubernetes names ports.
    Name(String),
}

impl From<PortRange> for PortWords {
    fn from(range: PortRange) -> Self {
        Self {
            port: PortName::Number(range.first()),
            end_port: (range.last() != range.first()).then_some(range.last()),
            protocol: None,
        }
    }
}

impl fmt::Display for PortName {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for ServiceRef {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.name)?;
        self.namespace
            .as_ref()
            .map_or(Ok(()), |namespace| write!(f, ".{namespace}"))
    }
}

impl std::str::FromStr for PortName {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(text
            .parse()
            .map_or_else(|_| Self::Name(text.into()), Self::Number))
    }
}

impl JsonSchema for PortName {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PortName".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schema::port_name()
    }
}

impl<'de> Deserialize<'de> for PortName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer)
    }
}
