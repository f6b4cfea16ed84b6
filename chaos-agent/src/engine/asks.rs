//! What faults ask of their namespace beyond rules: hooks on loopback, and a memory of connections.

use chaos_api::Interfaces;
use chaos_plan::Fault;

use super::{Engine, EngineError};
use crate::inventory::boot_clock;

/// How far apart looks for connections that are over are, in boot-clock nanoseconds.
const COLLECT: u64 = 5_000_000_000;

impl Engine {
    /// Follows the interfaces, those that a fault asks for among them.
    pub(super) fn follow(&mut self) -> Result<(), EngineError> {
        let loopback = self.faults().any(on_loopback);
        let attached = self
            .hooks
            .follow(&mut self.dataplane, &self.namespace, loopback)?;
        if attached {
            self.catch_later();
        }
        Ok(())
    }

    /// The number of the cut from which a fault tells connections apart: that of its first arming,
    /// `before`, where one was made then.
    pub(super) fn anchor(&mut self, fault: &Fault, before: u32) -> Result<u32, EngineError> {
        if !fault.asks() {
            return Ok(0);
        }
        if before != 0 {
            return Ok(before);
        }
        let number = self.dataplane.cut(&self.namespace)?;
        // A list of many connections takes its time, in which the others are to stay in force.
        self.renew()?;
        Ok(number)
    }

    /// Gives back what no fault asks for any more.
    pub(super) fn release(&mut self) -> Result<(), EngineError> {
        if !self.faults().any(Fault::asks) {
            self.dataplane.forget_births()?;
        }
        self.follow()
    }

    /// Forgets the connections that are over, now and then.
    pub(super) fn collect(&mut self) -> Result<(), EngineError> {
        let now = boot_clock();
        if now < self.next_collection || !self.faults().any(Fault::asks) {
            return Ok(());
        }
        self.next_collection = now + COLLECT;
        Ok(self.dataplane.collect_births(&self.namespace)?)
    }

    fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.running.iter().map(|account| &account.fault)
    }
}

fn on_loopback(fault: &Fault) -> bool {
    fault.spec.traffic.interfaces != Interfaces::Pod
}
