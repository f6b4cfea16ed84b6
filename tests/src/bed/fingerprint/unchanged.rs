//! The promise that closes every test: the namespaces are as they were.

use super::super::topology::Host;
use super::Fingerprint;

/// Hosts and the fingerprints they must have in the end.
#[derive(Debug)]
pub struct Unchanged<'bed> {
    hosts: Vec<(&'bed Host, Fingerprint)>,
}

impl<'bed> Unchanged<'bed> {
    /// Takes the fingerprints of hosts.
    pub fn watch(hosts: impl IntoIterator<Item = &'bed Host>) -> Self {
        let hosts = hosts.into_iter().map(|host| (host, Fingerprint::of(host)));
        Self {
            hosts: hosts.collect(),
        }
    }

    /// Panics with what differs, unless every host has its fingerprint again within a second.
    #[track_caller]
    pub fn assert(&self) {
        for (host, before) in &self.hosts {
            before.assert_restored(host);
        }
    }
}
