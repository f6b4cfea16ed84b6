//! The rules of single values: selectors, lengths of time, shares, ports.

use kube::core::Rule;

use super::{escaped, rule};
use crate::MAX_DURATION;
use crate::schema::patterns;

/// Of a label selector.
pub(crate) fn selector() -> Vec<Rule> {
    let named = "(has(self.matchLabels) && size(self.matchLabels) > 0) || \
                 (has(self.matchExpressions) && size(self.matchExpressions) > 0)";
    vec![rule(
        named,
        "selects everything; write matchLabels or matchExpressions",
    )]
}

/// Of one expression of a label selector.
pub(crate) fn expression() -> Vec<Rule> {
    vec![rule(
        "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
        "values go with In and NotIn, which need them, and with no other operator",
    )]
}

/// Of a length of time that a user writes.
pub(crate) fn span() -> Vec<Rule> {
    let matches = format!("self.matches('{}')", escaped(patterns::SPAN));
    let bounds = format!(
        "!{matches} || (duration(self) > duration('0s') && duration(self) <= duration('{MAX_DURATION}'))"
    );
    vec![
        rule(
            &matches,
            "is not a duration; write it as in \"30s\", \"1.5s\", \"500ms\" or \"2h45m\"",
        ),
        rule(
            &bounds,
            &format!("is not allowed; write more than 0s and at most {MAX_DURATION}"),
        ),
    ]
}

/// Of a share.
pub(crate) fn percent() -> Vec<Rule> {
    let matches = format!("self.matches('{}')", escaped(patterns::PERCENT));
    vec![rule(
        &matches,
        "is not a percentage from 0% to 100%; write it with the sign, as in \"12.5%\"",
    )]
}

/// Of a port or range of ports as one text.
pub(crate) fn ports() -> Vec<Rule> {
    let matches = format!("self.matches('{}')", escaped(patterns::PORTS));
    let order = format!(
        "!{matches} || !self.contains('-') || \
         int(self.split('-')[0]) <= int(self.split('-')[1])"
    );
    vec![
        rule(
            &matches,
            "is not a port or a range; write it as in \"4222\" or \"6222-6230\"",
        ),
        rule(&order, "is reversed; write the lower port first"),
    ]
}
