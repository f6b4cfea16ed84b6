//! `LocalFault`, a fault with its name for a target on this machine.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{FaultSpec, Invalid, MAX_NAME};

/// The only `apiVersion` this version reads.
pub const API_VERSION: &str = "netfault.dev/v1alpha1";

/// The only `kind` this version reads.
pub const KIND: &str = "NetworkFault";

/// A fault with its name, as a YAML or JSON file holds it: a `NetworkFault` without the words that
/// only a cluster can act on, and with its peers as addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LocalFault {
    /// Always [`API_VERSION`].
    pub api_version: String,
    /// Always [`KIND`].
    pub kind: String,
    /// The object's name, and what tools attach to it.
    pub metadata: Metadata,
    /// What the fault does.
    pub spec: FaultSpec,
}

/// The part of Kubernetes' `ObjectMeta` that netfault reads; the rest is ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// The fault's name, an RFC 1123 label.
    pub name: String,
    /// The namespace of the fault and of the pods it may target; local mode ignores it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Labels, kept as they are.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

impl LocalFault {
    /// A fault with a name and nothing else in its metadata.
    pub fn new(name: impl Into<String>, spec: FaultSpec) -> Self {
        Self {
            api_version: API_VERSION.into(),
            kind: KIND.into(),
            metadata: Metadata {
                name: name.into(),
                ..Metadata::default()
            },
            spec,
        }
    }

    /// Checks the object and its spec; all that is wrong, in the order of the fields.
    pub fn validate(&self) -> Result<(), Vec<Invalid>> {
        let mut wrong = check_head(&self.api_version, &self.kind)
            .err()
            .unwrap_or_default();
        wrong.extend(check_name(&self.metadata.name).err());
        wrong.extend(self.spec.validate().err().unwrap_or_default());
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}

/// Checks what kind of object a file says that it is.
pub(crate) fn check_head(api_version: &str, kind: &str) -> Result<(), Vec<Invalid>> {
    let head = [
        fixed("apiVersion", api_version, API_VERSION),
        fixed("kind", kind, KIND),
    ];
    let wrong: Vec<Invalid> = head.into_iter().filter_map(Result::err).collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

/// Checks a fault's name: an RFC 1123 label, so that it is safe in paths and in Kubernetes.
pub fn check_name(name: &str) -> Result<(), Invalid> {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(inner) || has_edge_dash(name) {
        let allowed = format!(
            "is not a name; use 1 to {MAX_NAME} of a-z, 0-9 and -, with no - at either end"
        );
        return Err(Invalid::value("metadata.name", name, &allowed));
    }
    Ok(())
}

fn has_edge_dash(name: &str) -> bool {
    name.starts_with('-') || name.ends_with('-')
}

fn fixed(field: &str, value: &str, expected: &str) -> Result<(), Invalid> {
    if value == expected {
        return Ok(());
    }
    let allowed = format!("is not known to this version; write \"{expected}\"");
    Err(Invalid::value(field, value, &allowed))
}
