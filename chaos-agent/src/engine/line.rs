//! The delay line of a namespace: there while a rule asks for it.

use std::collections::{BTreeMap, BTreeSet};

use chaos_abi::{Action, Counters};
use chaos_plan::{LineCounts, Shape, Table, total};

use super::{Engine, EngineError, account::Account};
use crate::dataplane::Tun;
use crate::line::{Backend, Ended, LineReport, Schedule, Tally, Tap, TunError, rules_of};

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
        let (mut rules, asked) = (rules_of(&self.table), rules_of(next));
        for slot in asked.keys().filter(|slot| !rules.contains_key(slot)) {
            self.note_handed(*slot)?;
        }
        for rule in rules.values_mut() {
            rule.shape = Shape::default();
        }
        rules.extend(asked);
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

    /// Writes down what hooks have handed over by a rule of which a line will know nothing.
    fn note_handed(&mut self, slot: u16) -> Result<(), EngineError> {
        if self.table.rule(slot).is_some() {
            let counters = total(&self.dataplane.counters(slot)?);
            self.handed_before.insert(slot, counters.diverted);
        }
        Ok(())
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

    /// Where the line has stopped by itself, writes that down and makes another one. Until then the
    /// hooks let packets pass.
    pub(super) fn mind_line(&mut self) {
        if let Some(ended) = self.delay_line.as_mut().and_then(|line| line.ended()) {
            self.lose_line(ended);
        }
        let is_asked_for = self.table.rules().any(|(_, rule)| rule.shape.is_some());
        if self.delay_line.is_none() && is_asked_for {
            let table = self.table.clone();
            if let Err(error) = self.make_line(&table) {
                self.warn_shaped(&format!("packets pass as they are: {error}"));
            }
        }
    }

    /// Lets go of a line that has stopped. What it did stays in the books.
    fn lose_line(&mut self, Ended { why, report }: Ended) {
        self.delay_line = None;
        self.line_told = None;
        self.hooks.leave_line(None);
        let own = rules_of(&self.table);
        for slot in own.keys() {
            if let Err(error) = self.note_handed(*slot) {
                self.warn_shaped(&error.to_string());
            }
        }
        let held = report.as_ref().map_or(0, |report| report.line.held);
        let told = report.into_iter().flat_map(|report| report.rules);
        for (slot, tally) in told.filter(|(slot, _)| own.contains_key(slot)) {
            let rule = self.table.rule(slot);
            let id = rule.and_then(|rule| Some((rule.id.fault.clone(), rule.id.block?)));
            let mut running = self.running.iter_mut();
            if let Some((name, block)) = id
                && let Some(account) = running.find(|account| account.fault.name == name)
            {
                account.retire(block, (Counters::default(), counts(&tally)));
            }
        }
        self.warn_shaped(&format!(
            "the delay line stopped: {why}; packets passed as they are until there was another one, \
             and {held} that it held are lost"
        ));
    }

    /// Writes down a warning for each fault that needs the line.
    fn warn_shaped(&mut self, warning: &str) {
        self.shaped()
            .for_each(|account| account.warn(warning.to_owned()));
    }

    /// The faults that need the line.
    fn shaped(&mut self) -> impl Iterator<Item = &mut Account> {
        let shaped = self.table.rules().filter(|(_, rule)| rule.shape.is_some());
        let names: BTreeSet<_> = shaped.map(|(_, rule)| rule.id.fault.as_str()).collect();
        let accounts = self.running.iter_mut();
        accounts.filter(move |account| names.contains(account.fault.name.as_str()))
    }

    /// What the delay line did by a table's rules. What the hooks had handed over by these counters has
    /// come by now, or found the queue of the line's device full.
    pub(super) fn line_counts(
        &self,
        table: &Table,
        counters: &BTreeMap<u16, Counters>,
    ) -> Result<BTreeMap<u16, LineCounts>, EngineError> {
        let mut counts = self.counts_and_missed(table, counters)?;
        if counts.values().any(|(_, missed)| *missed > 0) {
            // Some may be on their way still.
            self.dataplane.wait_for_hooks();
            counts = self.counts_and_missed(table, counters)?;
        }
        let sum = |(slot, (mut counts, missed)): (u16, (LineCounts, u64))| {
            counts.overflowed += missed;
            (slot, counts)
        };
        Ok(counts.into_iter().map(sum).collect())
    }

    /// The same, and how many packets that it was handed have not come to it.
    fn counts_and_missed(
        &self,
        table: &Table,
        counters: &BTreeMap<u16, Counters>,
    ) -> Result<BTreeMap<u16, (LineCounts, u64)>, EngineError> {
        let Some(report) = self.line_report()? else {
            return Ok(BTreeMap::new());
        };
        let of = |slot: u16| {
            let tally = report.rules.get(&slot).copied().unwrap_or_default();
            let before = self.handed_before.get(&slot).copied().unwrap_or_default();
            let handed = counters.get(&slot).map_or(0, |counters| counters.diverted);
            let missed = handed.saturating_sub(before + tally.came);
            (slot, (counts(&tally), missed))
        };
        // Slots are used again, so others may be there of rules that are no more.
        Ok(rules_of(table).into_keys().map(of).collect())
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
        // Where the line has stopped, that is said at the next tick.
        let Ok(Some(report)) = self.line_report() else {
            return;
        };
        self.shaped()
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
