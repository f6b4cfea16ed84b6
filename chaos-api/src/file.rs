//! Reads a fault from a YAML or JSON file.

use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::local::Outline;
use crate::{Invalid, NetworkFault};

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

impl NetworkFault {
    /// Reads one fault from YAML (which JSON is a part of) for local mode, and validates it.
    pub fn from_yaml(text: &str) -> Result<Self, FileError> {
        let outline: Result<Outline, _> = read(text);
        if let Ok(outline) = outline {
            outline.check().map_err(FileError::Invalid)?;
        }
        let fault: Self = read(text).map_err(FileError::Syntax)?;
        fault.validate().map_err(FileError::Invalid)?;
        Ok(fault)
    }
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
