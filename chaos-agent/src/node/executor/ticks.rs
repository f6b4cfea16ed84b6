//! What is done every so often: leases renewed, ends noticed, counters read.

use chaos_api::{EndReason, Receipt};

use super::{
    Executor, Held,
    job::{at_once, lost},
};
use crate::{
    engine::{EngineError, TICK},
    holder::keep,
    inventory::boot_clock,
    node::{ledger::Said, merged::merged},
};

/// How far apart looks at the counters are, in nanoseconds.
const LOOK: u64 = 2_000_000_000;

/// A tick that comes later than this after the one before is late, in nanoseconds.
const LATE: u64 = 1_000_000_000;

/// One that comes later than this found the lease over, in nanoseconds.
const LAPSED: u64 = 3_000_000_000;

/// A pod's engine, and what its tick gave.
type Ticked = (String, Held, Result<Vec<Receipt>, EngineError>);

impl Executor {
    /// Ticks the engines whose time it is. Those with a fault that ends wait for the kernel, so they
    /// do it at the same time.
    pub(super) fn tick(&mut self) {
        let now = boot_clock();
        let due: Vec<_> = self
            .engines
            .extract_if(.., |_, held| held.is_due(now))
            .collect();
        due.iter().for_each(|(_, held)| self.late(held, now));
        let (ending, going): (Vec<_>, Vec<_>) =
            due.into_iter().partition(|(_, held)| held.is_ending(now));
        let tick = |(pod, mut held): (String, Held)| {
            let ended = held.engine.tick();
            held.ticked = boot_clock();
            (pod, held, ended)
        };
        let going: Vec<Ticked> = going.into_iter().map(tick).collect();
        let ticked = going.into_iter().chain(at_once(ending, tick));
        for (pod, held, ended) in ticked.collect::<Vec<_>>() {
            self.ticked(pod, held, ended);
        }
    }

    /// Reads the counters now and then.
    pub(super) fn look(&mut self) {
        let now = boot_clock();
        if now >= self.telling.next_look && !self.engines.is_empty() {
            self.telling.next_look = now + LOOK;
            self.read();
        }
    }

    /// The receipts of the faults in force as they stand, one for each fault.
    pub(super) fn list(&mut self) -> Vec<Receipt> {
        self.read();
        let accounts = self.ledger.accounts(true).into_values();
        accounts.filter_map(merged).collect()
    }

    /// The receipts of a fault in all its pods, those in which it has ended among them.
    pub(super) fn receipts_of(&self, name: &str) -> Vec<Receipt> {
        self.ledger.accounts(false).remove(name).unwrap_or_default()
    }

    /// Keeps a fault's receipt for those who ask for it on this node.
    pub(super) fn keep(&self, name: &str) {
        if let Some(receipt) = merged(self.receipts_of(name))
            && let Err(error) = keep(&self.tools.run_dir, &receipt)
        {
            tracing::warn!("the receipt of {name} could not be kept: {error}");
        }
    }

    fn read(&mut self) {
        let now = boot_clock();
        let mut broken = Vec::new();
        for (pod, held) in &mut self.engines {
            match held.engine.receipts() {
                Ok(receipts) => self.telling.changed |= self.ledger.receipts(pod, receipts),
                Err(error) => broken.push((pod.clone(), error)),
            }
        }
        for (pod, error) in broken {
            self.engines.remove(&pod);
            self.broke(&pod, &error, now);
        }
    }

    fn ticked(&mut self, pod: String, held: Held, ended: Result<Vec<Receipt>, EngineError>) {
        let now = boot_clock();
        match ended {
            Ok(receipts) => {
                for receipt in receipts {
                    self.ended(&pod, receipt, now);
                }
                if !held.engine.is_idle() {
                    self.engines.insert(pod, held);
                }
            }
            Err(error) => self.broke(&pod, &error, now),
        }
    }

    fn ended(&mut self, pod: &str, receipt: Receipt, now: u64) {
        let name = receipt.name.clone();
        let reason = receipt.reason.unwrap_or(EndReason::Expired);
        let (Some(told), Some(fault)) = (self.ledger.pod(pod), self.ledger.armed(pod, &name))
        else {
            return;
        };
        tracing::info!("{name} on pod/{} has ended: {}", told.name, reason.as_str());
        let said = Said::Ended(fault, reason, Some(Box::new(receipt)));
        self.ledger.note(&told, said, now);
        self.keep(&name);
        self.telling.changed = true;
    }

    /// The engine was dropped, which took everything out of the kernel.
    fn broke(&mut self, pod: &str, error: &EngineError, now: u64) {
        tracing::error!("the engine of pod {pod} failed and let go: {error}");
        self.ledger.lose(pod, &lost(), now);
        self.telling.changed = true;
    }

    fn late(&self, held: &Held, now: u64) {
        let since = now.saturating_sub(held.ticked);
        if held.ticked != 0 && since > LATE {
            self.tools.metrics.late_ticks.inc();
        }
        if held.ticked != 0 && since > LAPSED {
            self.tools.metrics.lapsed_leases.inc();
        }
    }
}

impl Held {
    fn is_due(&self, now: u64) -> bool {
        let tick = u64::try_from(TICK.as_nanos()).unwrap_or(u64::MAX);
        self.is_ending(now) || self.ticked.saturating_add(tick) <= now
    }

    fn is_ending(&self, now: u64) -> bool {
        self.engine.next_deadline().is_some_and(|at| at <= now)
    }
}
