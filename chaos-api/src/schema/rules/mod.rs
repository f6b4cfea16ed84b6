//! The rules that the API server checks (CEL, `x-kubernetes-validations`), each in one place, with
//! the line that a user then reads.

mod netem;
mod spec;
mod traffic;
mod units;

use kube::core::Rule;

pub(crate) use netem::{bitrate, delay, jitter, latency, loss, size};
pub(crate) use spec::{faults, spec};
pub(crate) use traffic::{ip_block, peer, planned, port, traffic};
pub(crate) use units::{expression, percent, ports, selector, span};

fn rule(expression: &str, message: &str) -> Rule {
    Rule::new(expression).message(message)
}

fn at(rule: Rule, path: &str) -> Rule {
    rule.field_path(path)
}

/// A pattern inside a CEL string.
fn escaped(pattern: &str) -> String {
    pattern.replace('\\', "\\\\")
}
