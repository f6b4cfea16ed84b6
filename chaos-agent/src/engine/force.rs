//! Between the faults in force and the kernel: its rules, its idle connections, its events.

use chaos_plan::{Table, diff, lower};

use super::{Engine, EngineError, account, line};
use crate::dataplane::Caught;

/// How often the connections are listed when a fault comes into force, and at a look afterwards.
const PASSES: u32 = 5;
const PASSES_AFTER: u32 = 2;

/// At how many ticks connections are looked for that a catch left.
const CATCHES: u32 = 12;

impl Engine {
    /// Makes the kernel hold the rules of the faults that are running, and no others. An error
    /// leaves those that it holds.
    pub(super) fn bring(&mut self) -> Result<(), EngineError> {
        let faults: Vec<_> = self.running.iter().map(|a| a.fault.clone()).collect();
        let mut table = lower(&self.table, &faults)?;
        if table.has_losses() && line::is_possible().is_ok() {
            table.hand_losses();
        }
        self.make_line(&table)?;
        if table.leaves_answers() {
            self.dataplane.send_answers(&self.namespace)?;
        }
        let ops = diff(&self.table, &table, self.dataplane.bank());
        self.dataplane.apply(&ops)?;
        self.table = table;
        self.trim_line()
    }

    /// Lets go of what the rules of an earlier table counted that are no more.
    pub(super) fn forget(&mut self, before: &Table) -> Result<(), EngineError> {
        for slot in gone(before, &self.table) {
            self.dataplane.forget(slot)?;
            self.handed_before.remove(&slot);
        }
        Ok(())
    }

    /// Resets the idle connections that reset rules hit.
    pub(super) fn catch(&mut self) -> Result<Caught, EngineError> {
        self.catch_in(PASSES)
    }

    fn catch_in(&mut self, passes: u32) -> Result<Caught, EngineError> {
        let mut faults = self.running.iter().map(|account| &account.fault);
        if faults.all(|fault| fault.spec.faults.reset.is_none()) {
            return Ok(Caught::default());
        }
        Ok(self
            .dataplane
            .reset_idle(&self.table, &self.namespace, &self.hooks, passes)?)
    }

    /// Has the next ticks look for idle connections: some may have begun while no rule met them.
    pub(super) fn catch_later(&mut self) {
        self.catches = CATCHES;
    }

    /// Looks for idle connections where that is due, until none is left.
    pub(super) fn catch_up(&mut self) -> Result<(), EngineError> {
        if self.catches == 0 {
            return Ok(());
        }
        let caught = self.catch_in(PASSES_AFTER)?;
        self.catches = catches_for(&caught, self.catches - 1);
        self.write_down(&caught);
        Ok(())
    }

    /// Writes down what a catch hit and left, and for the fault that it was made for what is out of its
    /// reach.
    pub(super) fn note(&mut self, name: &str, caught: &Caught) {
        self.catches = catches_for(caught, CATCHES);
        self.write_down(caught);
        let mut running = self.running.iter_mut();
        if let Some(account) = running.find(|account| account.fault.name == name) {
            account.note(caught, self.hooks.uncovered());
        }
    }

    fn write_down(&mut self, caught: &Caught) {
        for (slot, flow) in &caught.flows {
            account::hit(&mut self.running, self.table.rule(*slot), *flow, 0);
        }
        for account in &mut self.running {
            let rules = caught.left.iter().filter_map(|slot| self.table.rule(*slot));
            account.left = rules
                .filter(|rule| rule.id.fault == account.fault.name)
                .count();
        }
    }

    /// Takes the events that wait; a slot that is free now is that of a rule in `before`.
    pub(super) fn observe(&mut self, before: Option<&Table>) {
        for event in self.dataplane.drain() {
            let Some(slot) = account::ended_by(&event) else {
                continue;
            };
            let before = || before.and_then(|table| table.rule(slot));
            let rule = self.table.rule(slot).or_else(before);
            account::hit(&mut self.running, rule, event.flow, event.syn);
        }
    }

    /// Where in `running` the fault of that name stands.
    pub(super) fn position(&self, name: &str) -> Result<usize, EngineError> {
        let mut faults = self.running.iter().map(|account| &account.fault);
        faults
            .position(|fault| fault.name == name)
            .ok_or_else(|| EngineError::Unknown(name.into()))
    }
}

/// At how many ticks to catch up: at none where the latest catch left nothing.
fn catches_for(caught: &Caught, catches: u32) -> u32 {
    if caught.left.is_empty() { 0 } else { catches }
}

/// The slots that a table no longer has.
fn gone(before: &Table, now: &Table) -> Vec<u16> {
    let slots = before.rules().map(|(slot, _)| slot);
    slots.filter(|slot| now.rule(*slot).is_none()).collect()
}
