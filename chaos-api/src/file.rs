//! Reads a fault from a YAML or JSON file.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use thiserror::Error;

use crate::local::Outline;
use crate::local_fault;
use crate::{Invalid, LocalFault, Metadata, NetworkFault, NetworkFaultSpec};

/// Why a file holds no usable fault.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FileError {
    /// The text is not YAML, or a value has a wrong form; one line with the field's path.
    #[error("{0}")]
    Syntax(String),
    /// The values do not make a fault; one line each.
    #[error("{}", lines(.0))]
    Invalid(Vec<Invalid>),
}

/// The whole of a file.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Document<M> {
    api_version: String,
    kind: String,
    metadata: M,
    spec: NetworkFaultSpec,
    #[serde(default, rename = "status")]
    _status: IgnoredAny,
}

impl NetworkFault {
    /// Reads one fault from YAML (which JSON is a part of) for local mode, and validates it.
    pub fn from_yaml(text: &str) -> Result<LocalFault, FileError> {
        check_outline(text, Outline::check)?;
        let file: Document<Metadata> = read(text).map_err(FileError::Syntax)?;
        let fault = LocalFault {
            api_version: file.api_version,
            kind: file.kind,
            metadata: file.metadata,
            spec: file.spec.local().map_err(FileError::Invalid)?,
        };
        fault.validate().map_err(FileError::Invalid)?;
        Ok(fault)
    }

    /// Reads one fault from YAML for a cluster, and validates it as the API server will.
    pub fn from_cluster_yaml(text: &str) -> Result<Self, FileError> {
        check_outline(text, Outline::check_cluster)?;
        let file: Document<ObjectMeta> = read(text).map_err(FileError::Syntax)?;
        local_fault::check_head(&file.api_version, &file.kind).map_err(FileError::Invalid)?;
        let fault = Self {
            metadata: file.metadata,
            spec: file.spec,
            status: None,
        };
        fault.validate().map_err(FileError::Invalid)?;
        Ok(fault)
    }
}

/// Refuses words by name before the rest is read.
fn check_outline(
    text: &str,
    check: impl Fn(&Outline) -> Result<(), Vec<Invalid>>,
) -> Result<(), FileError> {
    let outline: Result<Outline, _> = read(text);
    outline.map_or(Ok(()), |outline| {
        check(&outline).map_err(FileError::Invalid)
    })
}

/// Reads a `T`, or one line that names the field that is wrong and where it stands.
fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let mut path = String::new();
    let read = serde_saphyr::with_deserializer_from_str(text, |deserializer| {
        serde_path_to_error::deserialize(deserializer).map_err(|error| {
            path = error.path().to_string();
            error.into_inner()
        })
    });
    read.map_err(|error| one_line(&path, &error))
}

fn one_line(path: &str, error: &serde_saphyr::Error) -> String {
    let problem = error.without_snippet().to_string();
    let Some(at) = error.location() else {
        return format!("{path}: {problem}");
    };
    let place = format!(" at line {}, column {}", at.line(), at.column());
    let problem = problem.strip_suffix(&place).unwrap_or(&problem);
    format!("{path}: {problem} (line {})", at.line())
}

fn lines(wrong: &[Invalid]) -> String {
    let lines: Vec<String> = wrong.iter().map(Invalid::to_string).collect();
    lines.join("\n")
}
