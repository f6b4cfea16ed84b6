//! Which processes live in which network namespace, for a message.

use std::collections::BTreeMap;
use std::fmt;

use super::NamespaceId;

/// How many processes of one namespace a message names.
const SHOWN: usize = 4;

/// Process ids by the network namespace they live in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Members(BTreeMap<NamespaceId, Vec<u32>>);

impl Members {
    /// Adds a process.
    pub(super) fn add(&mut self, namespace: NamespaceId, pid: u32) {
        self.0.entry(namespace).or_default().push(pid);
    }

    /// Those in some of the namespaces.
    pub(super) fn only(self, wanted: impl Fn(NamespaceId) -> bool) -> Self {
        Self(self.0.into_iter().filter(|(id, _)| wanted(*id)).collect())
    }

    /// The namespaces, each with its processes.
    pub fn iter(&self) -> impl Iterator<Item = (NamespaceId, &[u32])> {
        self.0.iter().map(|(&id, pids)| (id, pids.as_slice()))
    }
}

impl fmt::Display for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, (id, pids)) in self.iter().enumerate() {
            let separator = if nth == 0 { "" } else { "; " };
            let shown: Vec<_> = pids.iter().take(SHOWN).map(u32::to_string).collect();
            write!(f, "{separator}{id}: {}", shown.join(", "))?;
            if pids.len() > SHOWN {
                write!(f, " and {} more", pids.len() - SHOWN)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_and_processes_are_named_and_long_lists_are_cut() {
        let mut members = Members::default();
        let [blue, red] = [7, 9].map(|inode| NamespaceId { device: 4, inode });
        members.add(red, 31);
        (11..17).for_each(|pid| members.add(blue, pid));
        assert_eq!(
            members.to_string(),
            "net:[7]: 11, 12, 13, 14 and 2 more; net:[9]: 31"
        );
    }
}
