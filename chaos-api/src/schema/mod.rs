//! The parts of the objects' schemas that Rust's types do not say: bounds, formats, patterns.

pub(crate) mod patterns;
pub(crate) mod rules;

use schemars::{Schema, SchemaGenerator, json_schema};

use serde_json::{Value, json};

use crate::{Loss, MAX_POD_NAME, MAX_SELECTOR, MAX_TABLE, MAX_VALUES, local};

/// Names the words of a block that this version does not have, so that a rule can refuse them: the API
/// server would drop an unknown word, and the fault would hit more than its user wrote.
pub(crate) fn with_planned(schema: &mut Schema) {
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    let properties = properties.expect("the schema of a struct has properties");
    for name in local::PLANNED {
        let part = json!({
            "x-kubernetes-int-or-string": true,
            "maxLength": 63,
            "description": PLANNED,
        });
        properties.insert(name.into(), part);
    }
}

/// What the schema says of a word that is not there yet.
const PLANNED: &str = "Not in this version.";

/// A label selector with bounds, that may be absent.
pub(crate) fn optional_selector(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "description": "A label selector; names at least one label.",
        "type": "object",
        "properties": {
            "matchLabels": {
                "type": "object",
                "maxProperties": MAX_SELECTOR,
                "additionalProperties": { "type": "string", "maxLength": 63 },
            },
            "matchExpressions": {
                "type": "array",
                "maxItems": MAX_SELECTOR,
                "items": {
                    "type": "object",
                    "required": ["key", "operator"],
                    "x-kubernetes-validations": rules::expression(),
                    "properties": {
                        "key": { "type": "string", "minLength": 1, "maxLength": 317 },
                        "operator": {
                            "type": "string",
                            "enum": ["In", "NotIn", "Exists", "DoesNotExist"],
                        },
                        "values": {
                            "type": "array",
                            "maxItems": MAX_VALUES,
                            "items": { "type": "string", "maxLength": 63 },
                        },
                    },
                },
            },
        },
        "x-kubernetes-validations": rules::selector(),
    })
}

/// Names of pods: RFC 1123 subdomains.
pub(crate) fn pod_names(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "minItems": 1,
        "maxItems": MAX_VALUES,
        "items": { "type": "string", "minLength": 1, "maxLength": MAX_POD_NAME },
    })
}

/// A time that may be absent.
pub(crate) fn optional_time(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "date-time", "maxLength": 40, "nullable": true })
}

/// A seed that may be absent.
pub(crate) fn seed(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "integer", "format": "int64", "minimum": 0, "nullable": true })
}

/// A length of time that a user writes.
pub(crate) fn span() -> Schema {
    json_schema!({
        "type": "string",
        "maxLength": 32,
        "x-kubernetes-validations": rules::span(),
    })
}

/// A length of time that netfault writes.
pub(crate) fn plain_span(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "maxLength": 32 })
}

/// How long packets are held back.
pub(crate) fn latency(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "maxLength": 32,
        "x-kubernetes-validations": rules::latency(),
    })
}

/// How far that varies.
pub(crate) fn jitter(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "maxLength": 32,
        "x-kubernetes-validations": rules::jitter(),
    })
}

/// A distribution's numbers, which may be absent.
pub(crate) fn jitter_table(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "minItems": 1,
        "maxItems": MAX_TABLE,
        "items": { "type": "integer", "format": "int32", "minimum": i16::MIN, "maximum": i16::MAX },
        "nullable": true,
    })
}

/// A number of packets that may be absent.
pub(crate) fn count(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "integer",
        "format": "int64",
        "minimum": 1,
        "maximum": Loss::MAX_NTH,
        "nullable": true,
    })
}

/// A rate in tc's units.
pub(crate) fn bitrate() -> Schema {
    json_schema!({
        "type": "string",
        "maxLength": 24,
        "x-kubernetes-validations": rules::bitrate(),
    })
}

/// A number of bytes in tc's units.
pub(crate) fn size() -> Schema {
    json_schema!({
        "type": "string",
        "maxLength": 24,
        "x-kubernetes-validations": rules::size(),
    })
}

/// The same, that may be absent.
pub(crate) fn optional_size(_: &mut SchemaGenerator) -> Schema {
    let mut schema = size();
    schema.insert("nullable".into(), true.into());
    schema
}

/// A share.
pub(crate) fn percent() -> Schema {
    json_schema!({
        "type": "string",
        "maxLength": 16,
        "x-kubernetes-validations": rules::percent(),
    })
}

/// A port or a range of ports. Text alone, though Rust reads a number too: for one rule on a text
/// or number in a list the API server would reckon with the longest text there can be.
pub(crate) fn ports() -> Schema {
    json_schema!({
        "type": "string",
        "maxLength": 16,
        "x-kubernetes-validations": rules::ports(),
    })
}

/// A port by number or name. A pattern, since a rule would be reckoned too dear here (see
/// [`ports`]).
pub(crate) fn port_name() -> Schema {
    json_schema!({
        "x-kubernetes-int-or-string": true,
        "minimum": 1,
        "maximum": u16::MAX,
        "maxLength": 15,
        "pattern": patterns::PORT_NAME,
    })
}
