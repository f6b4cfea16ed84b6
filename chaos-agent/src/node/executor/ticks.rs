//! What is done every so often: leases renewed, ends noticed, counters read.

use chaos_api::{EndReason, Receipt};

use super::{
    Executor, Held,
    job::{at_once, lost},
};
use crate::{
    engine::{EngineError, LEASE, TICK},
    inventory::boot_clock,
    node::{ledger::Said, merged::merged},
};

/// How far apart looks at the counters are, in nanoseconds.
const LOOK: u64 = 2_000_000_000;

/// A tick that comes later than this after the one before is late, in nanoseconds.
const LATE: u64 = 1_000_000_000;

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
        for (_, held) in &due {
            self.late(held, now);
        }
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

    /// Marks for a successor that this process holds faults.
    pub(super) fn mark(&mut self) {
        let now = boot_clock();
        if !self.engines.is_empty() && now >= self.marked.saturating_add(tick()) {
            self.marked = now;
            if let Err(error) = self.tools.mark.set(now) {
                tracing::debug!("a successor will tell a longer interruption: {error}");
            }
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
        let faults = self.ledger.in_force().into_iter();
        let receipts = faults.filter_map(|fault| merged(self.ledger.receipts_of(&fault)));
        receipts.collect()
    }

    fn read(&mut self) {
        let mut broken = Vec::new();
        for (pod, held) in &mut self.engines {
            match held.engine.receipts() {
                Ok(receipts) => self.telling.changed |= self.ledger.receipts(pod, receipts),
                Err(error) => broken.push((pod.clone(), error)),
            }
        }
        for (pod, error) in broken {
            self.engines.remove(&pod);
            self.broke(&pod, &error);
        }
    }

    fn ticked(&mut self, pod: String, held: Held, ended: Result<Vec<Receipt>, EngineError>) {
        match ended {
            Ok(receipts) => {
                for receipt in receipts {
                    self.ended(&pod, receipt);
                }
                if !held.engine.is_idle() {
                    self.engines.insert(pod, held);
                }
            }
            Err(error) => self.broke(&pod, &error),
        }
    }

    fn ended(&mut self, pod: &str, receipt: Receipt) {
        let reason = receipt.reason.unwrap_or(EndReason::Expired);
        let fault = self.ledger.armed(pod, &receipt.name);
        if let (Some(pod), Some(fault)) = (self.ledger.pod(pod), fault) {
            self.note(&pod, Said::Ended(fault, reason, Some(Box::new(receipt))));
        }
    }

    /// The engine was dropped, which took everything out of the kernel.
    fn broke(&mut self, pod: &str, error: &EngineError) {
        tracing::error!("the engine of pod {pod} failed and let go: {error}");
        self.ledger.lose(pod, &lost(), boot_clock());
        self.telling.changed = true;
    }

    fn late(&self, held: &Held, now: u64) {
        let since = now.saturating_sub(held.ticked);
        if held.ticked != 0 && since > LATE {
            self.tools.metrics.late_ticks.inc();
        }
        if held.ticked != 0 && since > LEASE {
            self.tools.metrics.lapsed_leases.inc();
        }
    }
}

impl Held {
    fn is_due(&self, now: u64) -> bool {
        self.is_ending(now) || self.ticked.saturating_add(tick()) <= now
    }

    fn is_ending(&self, now: u64) -> bool {
        self.engine.next_deadline().is_some_and(|at| at <= now)
    }
}

fn tick() -> u64 {
    u64::try_from(TICK.as_nanos()).unwrap_or(u64::MAX)
}
