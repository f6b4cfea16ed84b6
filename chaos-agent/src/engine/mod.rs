//! One namespace under fault: brings faults into force, keeps them there, edits and ends them,
//! accounts.
//!
//! The walk: an [`Order`] → [`chaos_plan::lower`] → [`chaos_plan::diff`] → the maps → counters →
//! [`chaos_plan::raise`] → a [`Receipt`]. Ending a fault is the same walk without it.

mod account;
mod asks;
mod edit;
mod error;
mod force;
mod lease;
mod line;
mod order;

use std::{collections::BTreeMap, fs::File, time::Duration};

use chaos_api::{EndReason, Receipt};
use chaos_plan::{Observed, Table};

pub use error::EngineError;
pub use order::Order;

pub(crate) use lease::LEASE;

use self::{account::Account, lease::Lease};
use crate::{
    dataplane::{Dataplane, Hooks},
    inventory::{Namespace, Target, boot_clock},
    line::{Backend, LineReport},
};

/// How often [`Engine::tick`] is to be called: often enough to cover an interface that appears
/// within a second and to keep the lease.
pub const TICK: Duration = Duration::from_millis(250);

/// How far apart looks for a target that is gone are, in boot-clock nanoseconds.
const LOOK: u64 = 2_000_000_000;

/// The engine of one namespace. Dropping it takes everything out of the kernel.
pub struct Engine {
    namespace: Namespace,
    target: String,
    dataplane: Dataplane,
    hooks: Hooks,
    table: Table,
    running: Vec<Account>,
    /// Holds packets back, while a rule asks for it.
    delay_line: Option<Box<dyn Backend>>,
    /// What the latest one did that has ended.
    line_told: Option<LineReport>,
    /// By slot, the packets that hooks had handed over when the line before stopped.
    handed_before: BTreeMap<u16, u64>,
    lease: Lease,
    /// At how many ticks it is still to catch idle connections.
    catches: u32,
    /// What tells others that the namespace is taken.
    lock: Option<File>,
    /// When to look whether the target is gone, on the boot clock.
    next_look: u64,
    /// When to look for connections that are over, on the boot clock.
    next_collection: u64,
}

impl Engine {
    /// Loads the programs and attaches them to `namespace`; nothing is matched yet. `target` is
    /// how receipts call it.
    pub fn open(namespace: Namespace, target: &Target, trace: bool) -> Result<Self, EngineError> {
        Self::with(Dataplane::load(trace)?, namespace, target)
    }

    /// The same with programs that are loaded and were never used.
    pub(crate) fn with(
        dataplane: Dataplane,
        namespace: Namespace,
        target: &Target,
    ) -> Result<Self, EngineError> {
        let mut engine = Self {
            namespace,
            target: target.to_string(),
            dataplane,
            hooks: Hooks::default(),
            table: Table::default(),
            running: Vec::new(),
            delay_line: None,
            line_told: None,
            handed_before: BTreeMap::new(),
            lease: Lease::default(),
            catches: 0,
            lock: None,
            next_look: 0,
            next_collection: 0,
        };
        engine.lease.renew(&mut engine.dataplane)?;
        engine.follow()?;
        Ok(engine)
    }

    /// Keeps the namespace's lock for as long as it lives.
    pub(crate) fn keep(&mut self, lock: File) {
        self.lock = Some(lock);
    }

    /// Brings a fault into force, idle connections included, and says what it hit at once. An
    /// error leaves everything as it was.
    pub fn inject(&mut self, order: Order) -> Result<Receipt, EngineError> {
        if self.position(&order.name).is_ok() {
            return Err(EngineError::Exists(order.name));
        }
        self.mind_line();
        let (name, now) = (order.name.clone(), boot_clock());
        let lost = [self.dataplane.untold()?, self.dataplane.unborn()?];
        let account = Account::open(order.into_fault(now), &self.target, now, lost);
        self.running.push(account);
        let caught = match self.arm().and_then(|()| self.catch()) {
            Ok(caught) => caught,
            Err(error) => {
                self.running.pop();
                let before = self.table.clone();
                self.bring()?;
                self.forget(&before)?;
                self.release()?;
                return Err(error);
            }
        };
        self.note(&name, &caught);
        self.note_line(&name);
        self.receipt(&name)
    }

    /// Brings the fault that came last.
    fn arm(&mut self) -> Result<(), EngineError> {
        self.follow()?;
        if self.hooks.interfaces().next().is_none() {
            return Err(EngineError::NoInterface(self.target.clone()));
        }
        let at = self.running.len() - 1;
        let fault = self.running[at].fault.clone();
        self.running[at].fault.anchor = self.anchor(&fault, 0)?;
        self.bring()
    }

    /// Ends a fault now. Returns its final receipt once no kernel holds it, and no packet is still
    /// being judged by it.
    pub fn stop(&mut self, name: &str, reason: EndReason) -> Result<Receipt, EngineError> {
        self.mind_line();
        let at = self.position(name)?;
        self.note_pace();
        let account = self.running.remove(at);
        let before = self.table.clone();
        let brought = self.bring();
        self.running.insert(at, account);
        brought?;
        self.dataplane.settle();
        self.observe(Some(&before));
        let observed = self.observed(&before)?;
        self.forget(&before)?;
        let mut account = self.running.remove(at);
        if let Err(error) = self.release() {
            account.warn(error.to_string());
        }
        account.close(boot_clock(), reason);
        Ok(account.receipt(&before, observed))
    }

    /// Renews the lease, follows the namespace's interfaces, looks for idle connections where some may
    /// be left, takes the events, and ends the faults whose time is over or whose target is gone;
    /// returns their receipts.
    pub fn tick(&mut self) -> Result<Vec<Receipt>, EngineError> {
        self.renew()?;
        self.mind_line();
        let kept = self
            .follow()
            .and_then(|()| self.collect())
            .and_then(|()| self.catch_up());
        if let Err(error) = kept {
            self.running
                .iter_mut()
                .for_each(|account| account.warn(error.to_string()));
        }
        self.observe(None);
        let now = boot_clock();
        let gone = self.is_target_gone(now);
        let over = self
            .running
            .iter()
            .filter(|account| gone || account.fault.deadline <= now);
        let over: Vec<_> = over.map(|account| account.fault.name.clone()).collect();
        let reason = if gone {
            EndReason::TargetGone
        } else {
            EndReason::Expired
        };
        over.iter().map(|name| self.stop(name, reason)).collect()
    }

    /// Renews the lease where it is time to.
    fn renew(&mut self) -> Result<(), EngineError> {
        let gap = self.lease.renew(&mut self.dataplane)?;
        if gap.0 < gap.1 {
            self.catch_later();
        }
        for account in &mut self.running {
            account.interrupt(gap);
        }
        Ok(())
    }

    /// Whether nothing but us keeps the namespace; looked at now and then, since it takes a look at
    /// every process.
    fn is_target_gone(&mut self, now: u64) -> bool {
        if now < self.next_look {
            return false;
        }
        self.next_look = now + LOOK;
        self.namespace.is_gone().unwrap_or(false)
    }

    /// The receipts of the faults in force, as they stand.
    pub fn receipts(&mut self) -> Result<Vec<Receipt>, EngineError> {
        self.mind_line();
        self.observe(None);
        self.note_pace();
        let observed = self.observed(&self.table)?;
        let receipt = |account: &Account| account.receipt(&self.table, observed.clone());
        Ok(self.running.iter().map(receipt).collect())
    }

    /// The receipt of a fault in force, as it stands.
    pub fn receipt(&mut self, name: &str) -> Result<Receipt, EngineError> {
        self.mind_line();
        let at = self.position(name)?;
        self.observe(None);
        self.note_pace();
        let observed = self.observed(&self.table)?;
        Ok(self.running[at].receipt(&self.table, observed))
    }

    /// What the kernel and the delay line counted, for all rules of a table.
    fn observed(&self, table: &Table) -> Result<Observed, EngineError> {
        let counted = account::observed(&self.dataplane, &self.hooks, table)?;
        Ok(Observed {
            line: self.line_counts(table, &counted.counters)?,
            ..counted
        })
    }

    /// Takes the hooks off: no packet is judged any more.
    pub(crate) fn let_go(&mut self) {
        self.hooks.detach();
    }

    /// Whether no fault is in force.
    pub fn is_idle(&self) -> bool {
        self.running.is_empty()
    }

    /// The earliest time, on the boot clock, at which a fault's time is over.
    pub fn next_deadline(&self) -> Option<u64> {
        self.running
            .iter()
            .map(|account| account.fault.deadline)
            .min()
    }
}
