//! The rules for a label selector.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use crate::validate::Findings;
use crate::{MAX_SELECTOR, MAX_VALUES};

/// Checks one selector.
pub(super) fn check(field: &str, selector: &LabelSelector, findings: &mut Findings) {
    let labels = selector.match_labels.iter().flatten().count();
    let expressions = selector.match_expressions.as_deref().unwrap_or_default();
    if labels == 0 && expressions.is_empty() {
        let needed = "selects everything; write matchLabels or matchExpressions";
        findings.refuse_absence(field, needed);
    }
    findings.limit(&format!("{field}.matchLabels"), labels, MAX_SELECTOR);
    let list = format!("{field}.matchExpressions");
    findings.limit(&list, expressions.len(), MAX_SELECTOR);
    for (index, expression) in expressions.iter().enumerate() {
        let field = format!("{list}[{index}]");
        let values = expression.values.as_deref().unwrap_or_default();
        findings.limit(&format!("{field}.values"), values.len(), MAX_VALUES);
        let listed = match expression.operator.as_str() {
            "In" | "NotIn" => true,
            "Exists" | "DoesNotExist" => false,
            other => {
                let allowed = "is not an operator; write In, NotIn, Exists or DoesNotExist";
                findings.refuse(&format!("{field}.operator"), other, allowed);
                continue;
            }
        };
        if listed == values.is_empty() {
            let needed = "go with In and NotIn, which need them, and with no other operator";
            findings.refuse_absence(&format!("{field}.values"), needed);
        }
    }
}
