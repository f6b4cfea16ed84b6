//! The delay line of a namespace: there while a rule asks for it.

use std::collections::{BTreeMap, BTreeSet};

use chaos_abi::Action;
use chaos_plan::{LineCounts, Shape, Table};

use super::{Engine, EngineError};
use crate::dataplane::Tun;
use crate::line::{Backend, LineReport, Schedule, Tally, Tap, TunError, rules_of};

impl Engine {
    /// What the delay line did, or the latest that there was; `None` where there was none.
    pub fn line_report(&self) -> Result<Option<LineReport>, EngineError> {
        match &self.delay_line {
            Some(line) => Ok(Some(line.report()?)),
            None => Ok(self.line_told.clone()),
        }
    }

    /// Makes the line know the rules of the next table before hooks hand it their packets. Those that
    /// are not in it hold nothing from now on: their packets go through the line still, so that they
    /// do not overtake those that were held.
    pub(super) fn make_line(&mut self, next: &Table) -> Result<(), EngineError> {
        let mut rules = rules_of(&self.table);
        for rule in rules.values_mut() {
            rule.shape = Shape::default();
        }
        rules.extend(rules_of(next));
        if rules.is_empty() {
            return Ok(());
        }
        let line = match &mut self.delay_line {
            Some(line) => line,
            none => {
                let line = Tap::start(&mut self.dataplane, &self.namespace)?;
                self.hooks.leave_line(Some(line.device()));
                none.insert(Box::new(line))
            }
        };
        Ok(line.renew(&rules)?)
    }

    /// Makes the line forget rules that are not in the table in force, and ends it after the last.
    pub(super) fn trim_line(&mut self) -> Result<(), EngineError> {
        let Some(line) = &mut self.delay_line else {
            return Ok(());
        };
        // No hook hands anything over by the table of before.
        self.dataplane.settle();
        let rules = rules_of(&self.table);
        line.renew(&rules)?;
        if rules.is_empty() {
            self.line_told = Some(line.report()?);
            self.delay_line = None;
            self.hooks.leave_line(None);
        }
        Ok(())
    }

    /// What the delay line did, by slot.
    pub(super) fn line_counts(&self) -> Result<BTreeMap<u16, LineCounts>, EngineError> {
        let report = self.line_report()?;
        let rules = report.map(|report| report.rules).unwrap_or_default();
        let count = |(slot, tally): (u16, Tally)| (slot, counts(&tally));
        Ok(rules.into_iter().map(count).collect())
    }

    /// Says in a fault's receipt how its packets are held and lost, where that is not as it should.
    pub(super) fn note_line(&mut self, name: &str) {
        let mut own = self.table.rules().filter(|(_, rule)| rule.id.fault == name);
        let warning = own.find_map(|(_, rule)| {
            if rule.shape.is_some() {
                self.line_warning()
            } else if rule.rule.action == Action::Loss.word() {
                let why = is_possible().err()?;
                Some(format!(
                    "packets are lost as the hook has them, several of the wire at once where they \
                     are cut later: {why}"
                ))
            } else {
                None
            }
        });
        let account = self.running.iter_mut();
        let account = account.filter(|account| account.fault.name == name);
        account
            .zip(warning)
            .for_each(|(account, warning)| account.warn(warning));
    }

    /// Says in the receipts of the line's faults that its thread gave up real time after they began.
    pub(super) fn note_pace(&mut self) {
        // Where the line has stopped, who asks what it counted says so.
        let Ok(Some(report)) = self.line_report() else {
            return;
        };
        let held = self.table.rules().filter(|(_, rule)| rule.shape.is_some());
        let held: BTreeSet<_> = held.map(|(_, rule)| rule.id.fault.as_str()).collect();
        let accounts = self.running.iter_mut();
        accounts
            .filter(|account| held.contains(account.fault.name.as_str()))
            .for_each(|account| account.note_demoted(report.line.demoted));
    }

    fn line_warning(&self) -> Option<String> {
        let schedule = self.line_report().ok()??.schedule;
        (schedule != Schedule::Fifo).then(|| format!("the delay line runs {schedule}"))
    }
}

/// Whether this machine can hold packets back.
pub(super) fn is_possible() -> Result<(), TunError> {
    Tun::check()
}

fn counts(tally: &Tally) -> LineCounts {
    LineCounts {
        delayed: tally.delayed,
        lost: tally.lost,
        duplicated: tally.duplicated,
        corrupted: tally.corrupted,
        reordered: tally.reordered,
        shaped: tally.shaped,
        overflowed: tally.queue_full + tally.memory_full,
    }
}
