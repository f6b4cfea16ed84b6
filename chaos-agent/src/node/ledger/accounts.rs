//! The accounts of faults: what is in force, what it did, how long it is told.

use std::collections::BTreeSet;

use chaos_api::Receipt;
use chaos_plan::{FaultId, Report};

use super::{Ledger, entry::Entry};

/// How long an account is kept after no plan has the fault any more, in nanoseconds: long enough
/// for a controller that was away to read it.
const KEPT: u64 = 300_000_000_000;

/// How long one is kept where plans go on coming, so that there is a controller that has read it:
/// longer than a change of controllers takes.
const READ: u64 = 30_000_000_000;

/// How many accounts of faults that have ended are kept; the oldest go first.
const MOST_KEPT: usize = 1024;

impl Ledger {
    /// Takes the receipts of a pod's faults in force; whether one of them tells anything new.
    pub(in crate::node) fn receipts(&mut self, pod: &str, receipts: Vec<Receipt>) -> bool {
        let mut news = false;
        for receipt in receipts {
            let Some(entry) = self.armed_mut(pod, &receipt.name) else {
                continue;
            };
            let receipt = entry.whole(receipt);
            if is_news(entry.report.receipt.as_ref(), &receipt) {
                entry.report.receipt = Some(receipt);
                news = true;
            }
        }
        news
    }

    /// The fault of this name that is in force in a pod.
    pub(in crate::node) fn armed(&self, pod: &str, name: &str) -> Option<FaultId> {
        let all = self.armed_in(pod);
        all.into_iter().find(|fault| fault.to_string() == name)
    }

    /// The faults that are in force in a pod.
    pub(in crate::node) fn armed_in(&self, pod: &str) -> Vec<FaultId> {
        let own = self.entries.iter().filter(|((uid, _), _)| uid == pod);
        let armed = own.filter(|(_, entry)| entry.is_armed());
        armed.map(|((_, fault), _)| fault.clone()).collect()
    }

    /// The receipts of a fault in all its pods, those in which it has ended among them.
    pub(in crate::node) fn receipts_of(&self, fault: &FaultId) -> Vec<Receipt> {
        let own = self.entries.iter().filter(|((_, own), _)| own == fault);
        let receipts = own.filter_map(|(_, entry)| entry.report.receipt.clone());
        receipts.collect()
    }

    /// The faults that are in force in some pod.
    pub(in crate::node) fn in_force(&self) -> BTreeSet<FaultId> {
        let armed = self.entries.iter().filter(|(_, entry)| entry.is_armed());
        armed.map(|((_, fault), _)| fault.clone()).collect()
    }

    /// The account of all faults, those in force and those that were until a while ago.
    pub(in crate::node) fn report(&self) -> Report {
        let pods = self.entries.values();
        Report {
            pods: pods.map(|entry| entry.report.clone()).collect(),
        }
    }

    /// Lets go of what has been over for long; whether there was any. To be called every few seconds.
    pub(in crate::node) fn prune(&mut self, now: u64) -> bool {
        let before = self.entries.len();
        let planned = self.planned();
        for (key, entry) in &mut self.entries {
            if planned.contains(key) {
                entry.dropped = None;
            } else {
                entry.dropped.get_or_insert(now);
            }
        }
        let mut kept: Vec<u64> = self.entries.values().filter_map(|e| e.dropped).collect();
        kept.sort_unstable();
        let surplus = kept.len().saturating_sub(MOST_KEPT);
        let oldest = kept.get(surplus).copied().unwrap_or(0);
        let long = if std::mem::take(&mut self.is_new) {
            READ
        } else {
            KEPT
        };
        self.entries.retain(|_, entry| {
            let old = |at| at < oldest || now.saturating_sub(at) >= long;
            entry.is_armed() || !entry.dropped.is_some_and(old)
        });
        let faults = self.entries.keys().chain(&planned);
        let faults: BTreeSet<&String> = faults.map(|(_, fault)| &fault.uid).collect();
        self.barred.retain(|uid, _| faults.contains(uid));
        self.entries.len() < before
    }

    fn armed_mut(&mut self, pod: &str, name: &str) -> Option<&mut Entry> {
        let fault = self.armed(pod, name)?;
        self.entries.get_mut(&(pod.to_owned(), fault))
    }
}

/// Whether a receipt tells more than one before: the hooks' totals move with any traffic, and times
/// with the wall clock.
fn is_news(before: Option<&Receipt>, after: &Receipt) -> bool {
    before.is_none_or(|before| {
        before.rules != after.rules
            || before.connections_reset != after.connections_reset
            || before.interrupted != after.interrupted
            || before.warnings != after.warnings
    })
}
