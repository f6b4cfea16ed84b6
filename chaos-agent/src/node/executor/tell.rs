//! What the executor tells, and when.

use std::sync::Arc;

use super::{Account, Executor};
use crate::inventory::boot_clock;

/// During long work, what was done so far is told this often, in nanoseconds.
const MEANWHILE: u64 = 500_000_000;

/// How far apart looks for accounts that are too old are, in nanoseconds.
const PRUNE: u64 = 10_000_000_000;

/// What there is to tell.
#[derive(Debug)]
pub(super) struct Telling {
    /// Something may have changed since the last time.
    pub(super) changed: bool,
    /// The process ends.
    pub(super) leaving: bool,
    /// When to read the counters, on the boot clock.
    pub(super) next_look: u64,
    next_prune: u64,
    last: u64,
}

impl Default for Telling {
    /// That the process has started is news.
    fn default() -> Self {
        Self {
            changed: true,
            leaving: false,
            next_look: 0,
            next_prune: 0,
            last: 0,
        }
    }
}

impl Executor {
    /// Tells where everything stands, where that is not what was told before.
    pub(super) fn tell(&mut self) {
        let now = boot_clock();
        self.prune(now);
        let busy = !self.ledger.due(now).is_empty();
        let soon = busy && now < self.telling.last.saturating_add(MEANWHILE);
        if !self.telling.changed || (soon && !self.telling.leaving) {
            return;
        }
        self.telling.changed = false;
        let account = self.account();
        self.tools
            .metrics
            .stand(&account.report, self.engines.len());
        self.tools.health.unreadable(account.unreadable.clone());
        self.accounts.send_if_modified(|told| {
            let news = told.as_ref() != Some(&account);
            if news {
                *told = Some(account);
            }
            news
        });
        self.telling.last = now;
    }

    fn account(&self) -> Account {
        Account {
            acknowledged: self.ledger.acknowledged().clone(),
            spread: self.ledger.current().map_or(0, |plan| plan.body.spread),
            report: Arc::new(self.ledger.report()),
            unreadable: self.unreadable.clone(),
            leaving: self.telling.leaving,
        }
    }

    fn prune(&mut self, now: u64) {
        if now >= self.telling.next_prune {
            self.telling.next_prune = now + PRUNE;
            self.telling.changed |= self.ledger.prune(now);
        }
    }
}
