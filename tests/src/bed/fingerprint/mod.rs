//! Everything about a namespace that a fault may have changed, as text that can be compared.

mod attachments;
mod inhabitants;
mod kernel;
mod normal;
mod unchanged;

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::time::Duration;

pub use unchanged::Unchanged;

use super::namespace::Namespace;
use super::wait::within;

/// The state of a namespace: one line of text for each thing that has a name.
///
/// Left out are the counters, ages and timers that move by themselves, and neighbour entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    lines: BTreeMap<String, String>,
}

impl Fingerprint {
    /// Takes the fingerprint of a namespace.
    pub fn of(namespace: &Namespace) -> Self {
        let mut lines = BTreeMap::new();
        kernel::add(namespace, &mut lines);
        attachments::add(namespace, &mut lines);
        inhabitants::add(namespace, &mut lines);
        Self { lines }
    }

    /// Panics with what differs unless the namespace has this fingerprint again within a second:
    /// a holder that was killed is taken down by the kernel, which does not wait for anyone.
    #[track_caller]
    pub fn assert_restored(&self, namespace: &Namespace) {
        let mut last = None;
        let same = within(Duration::from_secs(1), || {
            let now = Self::of(namespace);
            let same = now == *self;
            last = Some(now);
            same.then_some(())
        });
        if same.is_none() {
            let now = last.expect("looked at least once");
            panic!(
                "{} is not as it was:\n{}",
                namespace.name(),
                self.difference(&now)
            );
        }
    }

    /// What `later` has, lacks or has otherwise.
    pub fn difference(&self, later: &Self) -> Difference {
        let names = self.lines.keys().chain(later.lines.keys());
        let pair = |name: &String| {
            (
                self.lines.get(name).cloned(),
                later.lines.get(name).cloned(),
            )
        };
        let mut changes: BTreeMap<_, _> = names.map(|name| (name.clone(), pair(name))).collect();
        changes.retain(|_, (before, after)| before != after);
        Difference { changes }
    }
}

/// The lines in which two fingerprints differ; shown like a patch.
#[derive(Debug)]
pub struct Difference {
    changes: BTreeMap<String, (Option<String>, Option<String>)>,
}

impl Difference {
    /// The names of what differs.
    pub fn names(&self) -> Vec<&str> {
        self.changes.keys().map(String::as_str).collect()
    }
}

impl Display for Difference {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        for (name, (before, after)) in &self.changes {
            for (sign, text) in [('-', before), ('+', after)] {
                if let Some(text) = text {
                    writeln!(out, "{sign} {name}: {text}")?;
                }
            }
        }
        Ok(())
    }
}
