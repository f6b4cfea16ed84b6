//! Changing a fault that is in force.

use std::mem;

use chaos_api::{Change, FaultSpec, Receipt, Span};
use chaos_plan::Fault;

use super::{Engine, EngineError, Order};
use crate::inventory::boot_clock;

impl Engine {
    /// Replaces the words, the seed and the remaining time of the fault of that name, which stays in
    /// force all the while. Its start is kept, and what it counted stays counted; idle connections
    /// that it did not hit before are reset at once. An error leaves everything as it was.
    pub fn edit(&mut self, order: Order) -> Result<Receipt, EngineError> {
        let at = self.position(&order.name)?;
        self.exchange(at, order.into_fault(boot_clock()))
    }

    /// Changes parameters and time of the fault of that name in the same way; its new duration counts
    /// from its start.
    pub fn change(&mut self, name: &str, change: &Change) -> Result<Receipt, EngineError> {
        let at = self.position(name)?;
        let account = &self.running[at];
        let fault = account.fault.clone();
        let spec = change.of(&fault.spec).map_err(EngineError::Invalid)?;
        let deadline = account.started().saturating_add(spec.duration.as_nanos());
        self.exchange(
            at,
            Fault {
                spec,
                deadline,
                ..fault
            },
        )
    }

    /// Puts another fault of the same name in the place of one in force.
    fn exchange(&mut self, at: usize, mut fault: Fault) -> Result<Receipt, EngineError> {
        self.mind_line();
        let name = fault.name.clone();
        let now = boot_clock();
        fault.anchor = self.anchor(&fault, self.running[at].fault.anchor)?;
        let old = mem::replace(&mut self.running[at].fault, fault);
        let edited = &self.running[at].fault;
        let hits_as_before = old.deadline > now && differ_in_time_alone(&old, edited);
        let caught = self
            .follow()
            .and_then(|()| self.replace(at))
            .and_then(|()| {
                let caught = (!hits_as_before).then(|| self.catch());
                caught.transpose()
            });
        match caught {
            Ok(caught) => {
                self.release()?;
                if let Some(caught) = caught {
                    self.note(&name, &caught);
                }
                self.note_line(&name);
            }
            Err(error) => {
                self.running[at].fault = old;
                self.replace(at)?;
                self.release()?;
                return Err(error);
            }
        }
        self.receipt(&name)
    }

    /// Brings the rules of a fault that was changed; what rules counted that go with that, or leave the
    /// delay line, stays in its books.
    fn replace(&mut self, at: usize) -> Result<(), EngineError> {
        let before = self.table.clone();
        self.bring()?;
        let ended = before.rules().filter(|(slot, rule)| {
            let now = self.table.rule(*slot);
            now.is_none_or(|now| rule.shape.is_some() && now.shape.is_none())
        });
        let ended: Vec<_> = ended
            .filter_map(|(slot, rule)| Some((slot, rule.id.block?)))
            .collect();
        if ended.is_empty() {
            return Ok(());
        }
        self.dataplane.settle();
        self.observe(Some(&before));
        let mut observed = self.observed(&before)?;
        for (slot, block) in ended {
            let is_gone = self.table.rule(slot).is_none();
            let counted = observed.counters.remove(&slot).filter(|_| is_gone);
            let line = observed.line.remove(&slot);
            let past = (counted.unwrap_or_default(), line.unwrap_or_default());
            self.running[at].retire(block, past);
        }
        self.forget(&before)
    }
}

fn differ_in_time_alone(one: &Fault, other: &Fault) -> bool {
    timeless(one) == timeless(other)
}

fn timeless(fault: &Fault) -> Fault {
    let spec = FaultSpec {
        duration: Span::ZERO,
        ..fault.spec.clone()
    };
    Fault {
        deadline: 0,
        spec,
        ..fault.clone()
    }
}
