//! The ground rule of every promise: workloads are not touched.

use std::time::Duration;

use super::Pod;
use crate::bed::{Fingerprint, Namespace, within};

/// Pods, and what must be so in the end as it was.
#[derive(Debug)]
pub struct Untouched {
    watched: Vec<(Pod, Namespace, Fingerprint)>,
}

impl Untouched {
    /// Looks at pods before anything is done to them.
    #[track_caller]
    pub fn watch(pods: impl IntoIterator<Item = Pod>) -> Self {
        let watched = pods.into_iter().map(|pod| {
            let network = pod.network();
            let fingerprint = Fingerprint::of(&network);
            (pod, network, fingerprint)
        });
        Self {
            watched: watched.collect(),
        }
    }

    /// Panics with what differs, unless within two seconds the pods are the same, ask for the same,
    /// were never started again, are as ready as they were, and nothing is left in their network.
    #[track_caller]
    pub fn assert(&self) {
        let mut changes = Vec::new();
        let same = within(Duration::from_secs(2), || {
            changes = self.changes();
            changes.is_empty().then_some(())
        });
        assert!(same.is_some(), "{}", changes.join("\n"));
    }

    /// What differs now.
    #[track_caller]
    pub fn changes(&self) -> Vec<String> {
        let each = |(before, network, fingerprint): &(Pod, Namespace, Fingerprint)| {
            let mut changes = before.changes_to(&before.now());
            let difference = fingerprint.difference(&Fingerprint::of(network));
            if !difference.names().is_empty() {
                changes.push(format!(
                    "in the network of {}:\n{difference}",
                    before.name()
                ));
            }
            changes
        };
        self.watched.iter().flat_map(each).collect()
    }
}
