//! A label selector as `kubectl -l` takes it: `app=orders,tier in (web,api),!canary`.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};
use thiserror::Error;

/// Why a text is no label selector; one line each.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LabelArgError {
    /// No label at all, which would select everything.
    #[error("names no label; write it as in \"app=orders\"")]
    Empty,
    /// A part that is none of the forms.
    #[error(
        "\"{0}\" is not a condition on a label; write it as in \"app=orders\", \"tier!=web\", \
         \"tier in (web,api)\", \"tier\" or \"!tier\""
    )]
    Malformed(String),
}

/// Reads a label selector.
pub fn label_selector(text: &str) -> Result<LabelSelector, LabelArgError> {
    if text.trim().is_empty() {
        return Err(LabelArgError::Empty);
    }
    let mut labels = BTreeMap::new();
    let mut expressions = Vec::new();
    for part in parts(text) {
        let read = condition(part.trim());
        let read = read.ok_or_else(|| LabelArgError::Malformed(part.trim().into()))?;
        match as_label(&read) {
            Some((key, value)) if !labels.contains_key(&key) => {
                labels.insert(key, value);
            }
            _ => expressions.push(read),
        }
    }
    Ok(LabelSelector {
        match_labels: (!labels.is_empty()).then_some(labels),
        match_expressions: (!expressions.is_empty()).then_some(expressions),
    })
}

/// A condition that one value must be there is a label.
fn as_label(condition: &LabelSelectorRequirement) -> Option<(String, String)> {
    match condition.values.as_deref() {
        Some([value]) if condition.operator == "In" => Some((condition.key.clone(), value.clone())),
        _ => None,
    }
}

/// The parts between the commas that stand in no brackets.
fn parts(text: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    text.split(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    })
    .collect()
}

fn condition(part: &str) -> Option<LabelSelectorRequirement> {
    if let Some(key) = part.strip_prefix('!') {
        return requirement(key, "DoesNotExist", None);
    }
    for (sign, operator) in [("!=", "NotIn"), ("==", "In"), ("=", "In")] {
        if let Some((key, value)) = part.split_once(sign) {
            return requirement(key, operator, Some(vec![value]));
        }
    }
    let mut words = part.splitn(2, char::is_whitespace);
    let (key, rest) = (words.next()?, words.next().map_or("", str::trim));
    for (word, operator) in [("notin", "NotIn"), ("in", "In")] {
        if let Some(list) = rest.strip_prefix(word).map(str::trim) {
            let list = list.strip_prefix('(')?.strip_suffix(')')?;
            return requirement(key, operator, Some(list.split(',').collect()));
        }
    }
    requirement(part, "Exists", None)
}

fn requirement(
    key: &str,
    operator: &str,
    values: Option<Vec<&str>>,
) -> Option<LabelSelectorRequirement> {
    let key = key.trim();
    let values = values.map(|values| values.into_iter().map(|value| value.trim().to_owned()));
    let values: Option<Vec<String>> = values.map(Iterator::collect);
    let right = is_key(key) && values.iter().flatten().all(|value| is_value(value));
    right.then(|| LabelSelectorRequirement {
        key: key.into(),
        operator: operator.into(),
        values,
    })
}

/// A label's key: a name, or one behind the DNS name of who gives it.
fn is_key(key: &str) -> bool {
    let (prefix, name) = key.split_once('/').unwrap_or(("", key));
    let prefix_char = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-".contains(&b);
    prefix.len() <= 253 && prefix.bytes().all(prefix_char) && !name.is_empty() && is_value(name)
}

/// A label's value: at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at each
/// end.
fn is_value(value: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    let edge = |b: Option<&u8>| b.is_none_or(u8::is_ascii_alphanumeric);
    let bytes = value.as_bytes();
    value.len() <= 63 && value.bytes().all(inner) && edge(bytes.first()) && edge(bytes.last())
}
