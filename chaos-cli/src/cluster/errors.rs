//! What the API server refuses, as one clear line each: the field, the value, what is allowed.

use kube::{
    Error,
    core::{Status, response::StatusCause},
};

use super::session::Session;
use crate::exit::Usage;

/// What comes before an admission policy's own words.
const DENIED: &str = "denied request: ";

/// What a rule's refusal has in place of the value.
const TYPES: [&str; 6] = ["array", "boolean", "integer", "null", "object", "string"];

/// What a field is called that is none.
const NO_FIELD: &str = "<nil>";

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
    matches!(error, Error::Api(status) if status.code == 404)
}

/// Whether the user may not do it.
pub(super) fn is_forbidden(error: &Error) -> bool {
    matches!(error, Error::Api(status) if status.code == 403)
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
        let named = causes.iter().filter(|cause| cause.field != NO_FIELD);
        let lines: Vec<_> = named.map(cause).collect();
        return Usage(lines.join("\n")).into();
    }
    if let Some((_, unknown)) = status.message.split_once("strict decoding error: ") {
        let line = format!("{unknown}: the cluster has another version of netfault");
        return Usage(line).into();
    }
    match status.code {
        401 => anyhow::anyhow!("the API server does not know you: {}", status.message),
        403 => anyhow::anyhow!("{}", forbidden(&status.message)),
        // Only what is missing of a known kind has details.
        404 if status.details.is_none() => {
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
    let problem = if let Some(rest) = message.strip_prefix("Unsupported value: ") {
        rest.replacen(": supported values: ", " is not allowed; write one of ", 1)
    } else if let Some(rest) = message.strip_prefix("Invalid value: ") {
        match rest.split_once(": ") {
            Some((value, words)) if TYPES.contains(&value.trim_matches('"')) => words.to_owned(),
            Some((value, words)) => format!("{value} {words}"),
            None => rest.to_owned(),
        }
    } else {
        message.replacen("Required value", "is required", 1)
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

#[cfg(test)]
mod tests {
    use kube::core::Status;
    use serde_json::{Value, json};

    use super::refusal;
    use crate::exit::Usage;

    /// The lines for a refusal, and whether the words made no sense.
    fn said(status: Value) -> (String, bool) {
        let status: Status = serde_json::from_value(status).unwrap();
        let error = refusal(&status);
        (error.to_string(), error.is::<Usage>())
    }

    fn cause(field: &str, message: &str) -> Value {
        json!({ "reason": "FieldValueInvalid", "field": field, "message": message })
    }

    #[test]
    fn a_rule_s_refusal_names_the_field_and_what_is_allowed() {
        let causes = [
            cause(
                "spec.duration",
                "Invalid value: \"string\": is not allowed; write at most 24h",
            ),
            cause(
                "spec.mode",
                "Unsupported value: \"Some\": supported values: \"All\", \"One\"",
            ),
            cause("spec.faults", "Required value"),
            cause(
                "spec.seed",
                "Invalid value: -1: should be greater than or equal to 0",
            ),
            cause(
                "<nil>",
                "Invalid value: null: some validation rules were not checked",
            ),
        ];
        let status = json!({ "reason": "Invalid", "code": 422, "details": { "causes": causes } });
        let lines = "spec.duration: is not allowed; write at most 24h\n\
                     spec.mode: \"Some\" is not allowed; write one of \"All\", \"One\"\n\
                     spec.faults: is required\n\
                     spec.seed: -1 should be greater than or equal to 0";
        assert_eq!(said(status), (lines.to_owned(), true));
    }

    #[test]
    fn a_policy_s_own_words_are_said() {
        let words = "namespace shop does not allow faults; label it netfault.dev/enabled=true";
        let message = format!(
            "x is forbidden: ValidatingAdmissionPolicy 'a' with binding 'b' denied request: {words}"
        );
        let status = json!({ "reason": "Invalid", "code": 422, "message": message,
                             "details": { "causes": [{ "message": message }] } });
        assert_eq!(said(status), (words.to_owned(), false));
    }

    #[test]
    fn what_the_user_may_not_do_is_said_without_its_beginning() {
        let words = "User \"jane\" cannot create resource \"networkfaults\"";
        let message = format!("networkfaults.netfault.dev is forbidden: {words}");
        let status = json!({ "reason": "Forbidden", "code": 403, "message": message });
        assert_eq!(said(status), (format!("not allowed: {words}"), false));
    }

    #[test]
    fn an_unknown_field_means_another_version() {
        let message = "cannot be handled: strict decoding error: unknown field \"spec.bogus\"";
        let status = json!({ "reason": "BadRequest", "code": 400, "message": message });
        let line = "unknown field \"spec.bogus\": the cluster has another version of netfault";
        assert_eq!(said(status), (line.to_owned(), true));
    }

    #[test]
    fn what_is_not_there_is_named() {
        let status = json!({ "reason": "NotFound", "code": 404, "message": "not found",
                             "details": { "kind": "deployments", "name": "web" } });
        assert_eq!(said(status).0, "there is no deployment web");
        let status = json!({ "reason": "NotFound", "code": 404,
                             "message": "404 page not found" });
        assert!(said(status).0.contains("netfault install"));
    }
}
