//! What the API server refuses, as one clear line each: the field, the value, what is allowed.

use kube::{
    Error,
    core::{Status, response::StatusCause},
};

use super::session::Session;
use crate::exit::Usage;

/// What comes before an admission policy's own words.
const DENIED: &str = "denied request: ";

/// What the API server says of a kind that it does not know.
const NO_KIND: &str = "the server could not find the requested resource";

impl Session {
    /// The error for the user.
    pub(super) fn said(&self, error: Error) -> anyhow::Error {
        match error {
            Error::Api(status) => refusal(&status),
            other => anyhow::anyhow!("{}: {}", self.server, innermost(&other)),
        }
    }
}

/// Whether the object is not there.
pub(super) fn is_not_found(error: &Error) -> bool {
    matches!(error, Error::Api(status) if status.is_not_found())
}

/// Whether the user may not do it.
pub(super) fn is_forbidden(error: &Error) -> bool {
    matches!(error, Error::Api(status) if status.is_forbidden())
}

/// Whether trying again can help.
pub(super) fn is_transient(error: &Error) -> bool {
    match error {
        Error::Api(status) => !matches!(status.code, 400..=404 | 422),
        Error::Auth(_) | Error::BuildRequest(_) | Error::RustlsTls(_) | Error::TlsRequired => false,
        _ => true,
    }
}

/// A refusal in lines: words that make no sense are the user's to change, the rest is not.
pub(super) fn refusal(status: &Status) -> anyhow::Error {
    if let Some((_, policy)) = status.message.split_once(DENIED) {
        return anyhow::anyhow!("{}", policy.trim());
    }
    let causes = status
        .details
        .as_ref()
        .map(|details| details.causes.as_slice());
    let causes = causes.unwrap_or_default();
    if status.is_invalid() && !causes.is_empty() {
        let lines: Vec<_> = causes.iter().map(cause).collect();
        return Usage(lines.join("\n")).into();
    }
    if let Some((_, unknown)) = status.message.split_once("strict decoding error: ") {
        let line = format!("{unknown}: the cluster has another version of netfault");
        return Usage(line).into();
    }
    match status.code {
        401 => anyhow::anyhow!("the API server does not know you: {}", status.message),
        403 => anyhow::anyhow!("{}", forbidden(&status.message)),
        404 if status.message.contains(NO_KIND) => {
            anyhow::anyhow!("netfault is not installed in this cluster; `netfault install` does it")
        }
        404 => anyhow::anyhow!("there is no {}", absent(status)),
        409 if status.is_already_exists() => anyhow::anyhow!(
            "--name: {} exists already; write another one, or drop its receipt by \
             `kubectl delete networkfault`",
            name(status)
        ),
        _ => anyhow::anyhow!("{}", status.message),
    }
}

/// A cause as `field: problem`, without the words that the API server puts before ours.
fn cause(cause: &StatusCause) -> String {
    let message = cause.message.as_str();
    let problem = match message.strip_prefix("Invalid value: ") {
        Some(rest) => match rest.split_once(": ") {
            // The value of a whole object is only its type.
            Some(("\"object\"" | "\"array\"", words)) => words.to_owned(),
            Some((value, words)) if !value.starts_with('{') => format!("{value} {words}"),
            _ => rest.to_owned(),
        },
        None => message.to_owned(),
    };
    format!("{}: {problem}", cause.field)
}

/// `networkfaults.netfault.dev is forbidden: User "jane" cannot create …` without its beginning.
fn forbidden(message: &str) -> String {
    let words = message
        .split_once(" is forbidden: ")
        .map_or(message, |(_, words)| words);
    format!("not allowed: {words}")
}

fn absent(status: &Status) -> String {
    let details = status.details.as_ref();
    let kind = details.map_or("object", |details| details.kind.as_str());
    let kind = kind.strip_suffix('s').unwrap_or(kind);
    format!("{kind} {}", name(status))
}

fn name(status: &Status) -> &str {
    status
        .details
        .as_ref()
        .map_or("", |details| details.name.as_str())
}

/// The cause at the bottom, which says what happened.
fn innermost(error: &Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
