//! The rules of a fault as a whole, and of what may change of it later.

use kube::core::Rule;

use super::{at, escaped, rule};
use crate::Block;
use crate::schema::patterns;

/// Of the blocks of a fault.
pub(crate) fn faults() -> Vec<Rule> {
    let any = Block::ALL.map(|block| format!("has(self.{block})"));
    vec![
        rule(
            &any.join(" || "),
            &format!("names no fault; write {}", Block::listed("or")),
        ),
        at(
            rule(
                "!has(self.reorder) || has(self.delay)",
                "needs a delay, which the packets that overtake do not have; write delay too",
            ),
            ".reorder",
        ),
    ]
}

/// Of a fault's spec as a whole.
pub(crate) fn spec() -> Vec<Rule> {
    let count = format!("self.value.matches('{}')", escaped(patterns::COUNT));
    let share = format!("self.value.matches('{}')", escaped(patterns::PERCENT));
    let mut rules = pods();
    rules.extend([
        at(
            rule(
                "!(self.mode in ['All', 'One']) || !has(self.value)",
                "does not go with mode All or One; remove it",
            ),
            ".value",
        ),
        at(
            rule(
                &format!("self.mode != 'Fixed' || (has(self.value) && {count})"),
                "mode Fixed needs a number, as in \"2\"",
            ),
            ".value",
        ),
        at(
            rule(
                &format!(
                    "!(self.mode in ['FixedPercent', 'RandomMaxPercent']) || \
                     (has(self.value) && {share} && self.value.matches('[1-9]'))"
                ),
                "this mode needs a share, as in \"30%\"",
            ),
            ".value",
        ),
        at(
            rule(
                "!has(self.dynamic) || !self.dynamic || self.mode == 'All'",
                "goes with mode All only; remove it",
            ),
            ".dynamic",
        ),
        at(
            rule(
                "!has(self.enforcement) || self.enforcement != 'Shadow'",
                "is not in this version; write Enforce or Preview",
            ),
            ".enforcement",
        ),
        at(
            rule(
                "!has(self.atomic) || !self.atomic",
                "is not in this version; remove it",
            ),
            ".atomic",
        ),
        at(
            rule(
                "!has(self.faults.reset) || !has(self.traffic) || !has(self.traffic.direction)",
                "does not go with reset, which acts on both ends; name peers instead",
            ),
            ".traffic.direction",
        ),
        at(
            rule(
                "!has(self.faults.reset) || !has(self.traffic) || !has(self.traffic.protocol) || \
                 self.traffic.protocol in ['TCP', 'Any']",
                "does not go with reset; write TCP or remove it",
            ),
            ".traffic.protocol",
        ),
        at(
            rule(
                "!has(self.faults.reset) || !has(self.traffic) || !has(self.traffic.peers) || \
                 self.traffic.peers.all(p, !has(p.ports) || p.ports.all(o, !has(o.protocol) || \
                 o.protocol != 'UDP'))",
                "have a UDP port, which does not go with reset; write TCP or remove it",
            ),
            ".traffic.peers",
        ),
        at(
            rule(
                "!(has(oldSelf.stopped) && oldSelf.stopped) || (has(self.stopped) && self.stopped)",
                "is not taken back; create another fault",
            ),
            ".stopped",
        ),
    ]);
    rules.extend(blocks());
    rules.extend(reject());
    rules.push(immutable("mode"));
    rules.extend(OPTIONAL.map(immutable_optional));
    rules
}

/// Of the blocks together, and of those that were there.
fn blocks() -> Vec<Rule> {
    let same =
        Block::ALL.map(|block| format!("has(self.faults.{block}) == has(oldSelf.faults.{block})"));
    vec![
        at(
            rule(
                &format!(
                    "!has(self.faults.blackhole) || !({}) || \
                     (has(self.traffic) && has(self.traffic.direction))",
                    has_netem()
                ),
                "is required: alone, blackhole is for both ways and netem's faults for Egress; name \
                 one for all",
            ),
            ".traffic.direction",
        ),
        at(
            rule(
                &format!(
                    "!has(self.traffic) || !has(self.traffic.interfaces) || \
                     self.traffic.interfaces == 'Pod' || !({})",
                    needs_line()
                ),
                "does not go with netem's faults; write Pod or remove it",
            ),
            ".traffic.interfaces",
        ),
        at(
            rule(
                "!has(self.faults.delay) || !has(self.faults.delay.stage) || \
                 self.faults.delay.stage == 'Any' || !has(self.traffic) || \
                 !has(self.traffic.protocol) || self.traffic.protocol in ['TCP', 'Any']",
                "does not go with stage: Syn, which only TCP has; write TCP or remove it",
            ),
            ".traffic.protocol",
        ),
        at(
            rule(
                &same.join(" && "),
                "no fault is added or removed later; create another one",
            ),
            ".faults",
        ),
    ]
}

/// Whether one of netem's is there.
fn has_netem() -> String {
    let netem = Block::ALL.into_iter().filter(|block| block.is_netem());
    let netem: Vec<_> = netem
        .map(|block| format!("has(self.faults.{block})"))
        .collect();
    netem.join(" || ")
}

/// Whether the delay line carries out what is there.
fn needs_line() -> String {
    let netem = Block::ALL.into_iter().filter(|block| block.is_netem());
    let netem = netem.map(|block| match block {
        Block::Loss => "(has(self.faults.loss) && (has(self.faults.loss.gemodel) || \
                        has(self.faults.loss.nth) || has(self.faults.loss.correlation)))"
            .to_owned(),
        block => format!("has(self.faults.{block})"),
    });
    netem.collect::<Vec<_>>().join(" || ")
}

/// Of `reject`, whose answer may be TCP's.
fn reject() -> Vec<Rule> {
    let tcp = "!has(self.faults.reject) || !has(self.faults.reject.with) || \
               self.faults.reject.with != 'TcpReset' || !has(self.traffic)";
    vec![
        at(
            rule(
                &format!(
                    "!has(self.faults.reject) || !({}) || has(self.faults.blackhole) || \
                     (has(self.traffic) && has(self.traffic.direction))",
                    has_netem()
                ),
                "is required: alone, reject is for both ways and netem's faults for Egress; name \
                 one for all",
            ),
            ".traffic.direction",
        ),
        at(
            rule(
                "!has(self.faults.reject) || !has(self.traffic) || !has(self.traffic.protocol) || \
                 self.traffic.protocol != 'ICMP'",
                "does not go with reject, which refuses TCP and UDP; write one of them or remove it",
            ),
            ".traffic.protocol",
        ),
        at(
            rule(
                &format!("{tcp} || !has(self.traffic.protocol) || self.traffic.protocol != 'UDP'"),
                "does not go with reject TcpReset; write TCP or remove it",
            ),
            ".traffic.protocol",
        ),
        at(
            rule(
                &format!(
                    "{tcp} || !has(self.traffic.peers) || self.traffic.peers.all(p, \
                     !has(p.ports) || p.ports.all(o, !has(o.protocol) || o.protocol != 'UDP'))"
                ),
                "have a UDP port, which does not go with reject TcpReset; write TCP or remove it",
            ),
            ".traffic.peers",
        ),
    ]
}

/// Of the two ways to name pods.
fn pods() -> Vec<Rule> {
    vec![
        at(
            rule(
                "has(self.selector) || has(self.pods)",
                "is required; name the pods' labels, or the pods themselves in spec.pods",
            ),
            ".selector",
        ),
        at(
            rule(
                "!has(self.selector) || !has(self.pods)",
                "does not go with spec.selector; write one of them",
            ),
            ".pods",
        ),
    ]
}

/// The optional fields that do not change.
const OPTIONAL: [&str; 11] = [
    "selector",
    "pods",
    "value",
    "traffic",
    "startBefore",
    "enforcement",
    "probes",
    "dynamic",
    "seed",
    "draw",
    "atomic",
];

fn immutable(field: &str) -> Rule {
    at(
        rule(
            &format!("self.{field} == oldSelf.{field}"),
            "does not change; create another fault",
        ),
        &format!(".{field}"),
    )
}

fn immutable_optional(field: &str) -> Rule {
    let both = format!("has(self.{field}) == has(oldSelf.{field})");
    let same = format!("(!has(self.{field}) || self.{field} == oldSelf.{field})");
    at(
        rule(
            &format!("{both} && {same}"),
            "does not change; create another fault",
        ),
        &format!(".{field}"),
    )
}
