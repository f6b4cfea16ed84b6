//! The rules of netem's faults and their values.

use kube::core::Rule;

use super::{at, escaped, planned, rule};
use crate::schema::patterns;
use crate::{Bitrate, Delay, Size};

/// Of a latency.
pub(crate) fn latency() -> Vec<Rule> {
    held(
        &Delay::SHORTEST.to_string(),
        "is not allowed; write 100us to 1m",
    )
}

/// Of a jitter.
pub(crate) fn jitter() -> Vec<Rule> {
    held("0s", "is not allowed; write at most 1m")
}

fn held(shortest: &str, bounds: &str) -> Vec<Rule> {
    let matches = format!("self.matches('{}')", escaped(patterns::SPAN));
    let longest = Delay::LONGEST;
    let within = format!(
        "!{matches} || (duration(self) >= duration('{shortest}') && \
         duration(self) <= duration('{longest}'))"
    );
    vec![
        rule(
            &matches,
            "is not a duration; write it as in \"30s\", \"1.5s\", \"500ms\" or \"2h45m\"",
        ),
        rule(&within, bounds),
    ]
}

/// Of a rate.
pub(crate) fn bitrate() -> Vec<Rule> {
    let unit = "(self.lowerAscii().contains('ki') ? 1024.0 : \
                 self.lowerAscii().contains('mi') ? 1048576.0 : \
                 self.lowerAscii().contains('gi') ? 1073741824.0 : \
                 self.matches('(?i)ti?(bit|bps)$') ? 1.0e12 : \
                 self.matches('(?i)k') ? 1.0e3 : \
                 self.matches('(?i)m') ? 1.0e6 : \
                 self.matches('(?i)g') ? 1.0e9 : 1.0)";
    let bits = format!("{unit} * (self.lowerAscii().endsWith('bps') ? 8.0 : 1.0)");
    scaled(
        patterns::BITRATE,
        "is not a rate; write it as in \"20mbit\", or \"20mbps\" for megabytes",
        &bits,
        [Bitrate::LOWEST, Bitrate::HIGHEST],
        "is not allowed; write 1kbit to 100gbit",
    )
}

/// Of a number of bytes.
pub(crate) fn size() -> Vec<Rule> {
    let unit = "(self.matches('(?i)k') ? 1024.0 : self.matches('(?i)m') ? 1048576.0 : \
                 self.matches('(?i)g') ? 1073741824.0 : 1.0)";
    let bytes = format!("{unit} * (self.lowerAscii().endsWith('bit') ? 0.125 : 1.0)");
    scaled(
        patterns::SIZE,
        "is not a size; write it as in \"32kb\"",
        &bytes,
        [Size::SMALLEST.bytes(), Size::LARGEST.bytes()],
        "is not allowed; write 2kb to 64mb",
    )
}

/// Of a number with a unit, which stands for that many times what `unit` is. What the API server takes
/// the controller must be able to read: one object that it cannot would end its watch.
fn scaled(pattern: &str, form: &str, unit: &str, bounds: [u64; 2], allowed: &str) -> Vec<Rule> {
    let matches = format!("self.matches('{}')", escaped(pattern));
    let number = format!("double(self.find('{}'))", escaped(r"^[0-9.]+"));
    let [lowest, highest] = bounds;
    let within = format!(
        "!{matches} || ({number} * {unit} >= {lowest}.0 && {number} * {unit} <= {highest}.0)"
    );
    vec![rule(&matches, form), rule(&within, allowed)]
}

/// Of a delay.
pub(crate) fn delay() -> Vec<Rule> {
    let jitter = "(has(self.jitter) && self.jitter.matches('[1-9]'))";
    vec![
        at(
            rule(
                &format!("!has(self.correlation) || {jitter}"),
                "is that of jitter; write jitter too, or remove it",
            ),
            ".correlation",
        ),
        at(
            rule(
                &format!("!has(self.distribution) || self.distribution == 'Uniform' || {jitter}"),
                "is that of jitter; write jitter too, or remove it",
            ),
            ".distribution",
        ),
        at(
            rule(
                "!has(self.distribution) || self.distribution != 'Table' || has(self.table)",
                "Table needs its numbers; write table too",
            ),
            ".distribution",
        ),
        at(
            rule(
                "!has(self.table) || (has(self.distribution) && self.distribution == 'Table')",
                "is that of distribution: Table; write that too, or remove it",
            ),
            ".table",
        ),
        at(
            rule(
                "!has(self.stage) || self.stage == 'Any' || !has(self.apply) || \
                 self.apply == 'Packet'",
                "does not go with apply: Payload, since a SYN has none; write one of them",
            ),
            ".stage",
        ),
    ]
}

/// Of a loss.
pub(crate) fn loss(not_there: &[&str]) -> Vec<Rule> {
    let mut rules = planned(not_there);
    rules.extend([
        rule(
            "[has(self.loss), has(self.gemodel), has(self.nth)].filter(x, x).size() == 1",
            "says what is lost in one way; write one of loss, gemodel and nth",
        ),
        at(
            rule(
                "!has(self.correlation) || has(self.loss)",
                "goes with a share of packets only; remove it",
            ),
            ".correlation",
        ),
        at(
            rule(
                "!has(self.per) || self.per == 'Packet' || \
                 (has(self.loss) && !has(self.correlation))",
                "Connection goes with a share alone; write Packet or remove it",
            ),
            ".per",
        ),
    ]);
    rules
}
