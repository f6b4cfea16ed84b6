//! The books of the faults in force: which flows they hit, when they were interrupted.

use std::{
    collections::{BTreeMap, HashSet},
    time::{SystemTime, UNIX_EPOCH},
};

use chaos_abi::{Counters, Direction, Event, EventKind, Flow};
use chaos_api::{Block, EndReason, Receipt, Span};
use chaos_plan::{Clock, Fault, Life, LineCounts, Observed, PlannedRule, Table, raise, total};

use crate::{
    dataplane::{Caught, Dataplane, DataplaneError, Hooks},
    inventory::boot_clock,
};

/// Connections that one fault remembers; later ones are counted by the rules' counters alone.
const CONNECTIONS: usize = 65_536;

/// One fault in force.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) fault: Fault,
    life: Life,
    /// As it stood when the fault came into force, so that its times do not move.
    clock: Clock,
    /// By flow and, for one that was refused, the sequence number of its SYN: ports are used again.
    connections: HashSet<(Flow, u32)>,
    warnings: Vec<String>,
    /// How many connections that it hits were still there when they were looked for last.
    pub(super) left: usize,
    /// How often the delay line had given up real time when it first held packets of this fault.
    demoted: Option<u64>,
}

impl Account {
    /// `lost` is how many events and beginnings of connections the kernel had no room for so far.
    pub(super) fn open(fault: Fault, target: &str, started: u64, lost: [u64; 2]) -> Self {
        let [untold, unborn] = lost;
        Self {
            fault,
            life: Life {
                target: target.to_owned(),
                started,
                ended: None,
                interrupted: Span::ZERO,
                untold,
                unborn,
                past: BTreeMap::new(),
            },
            clock: clock(),
            connections: HashSet::new(),
            warnings: Vec::new(),
            left: 0,
            demoted: None,
        }
    }

    /// When it came into force, in boot-clock nanoseconds.
    pub(super) fn started(&self) -> u64 {
        self.life.started
    }

    /// Takes over what a rule of the block counted that is no more.
    pub(super) fn retire(&mut self, block: Block, counted: (Counters, LineCounts)) {
        let past = self.life.past.entry(block).or_default();
        *past = (total(&[past.0, counted.0]), past.1.plus(counted.1));
    }

    pub(super) fn close(&mut self, ended: u64, reason: EndReason) {
        self.life.ended = Some((ended, reason));
    }

    /// Counts the part of a gap in the lease that falls into the fault's time.
    pub(super) fn interrupt(&mut self, (from, to): (u64, u64)) {
        let (from, to) = (from.max(self.life.started), to.min(self.fault.deadline));
        let gap = to.saturating_sub(from);
        let before = self.life.interrupted.as_nanos();
        self.life.interrupted = Span::from_nanos(before + gap);
    }

    pub(super) fn receipt(&self, table: &Table, mut observed: Observed) -> Receipt {
        let name = self.fault.name.clone();
        observed.connections = BTreeMap::from([(name, self.connections.len() as u64)]);
        let mut receipt = raise(&self.fault, table, &self.life, &observed, self.clock);
        receipt.warnings.extend(self.warnings.iter().cloned());
        if self.left > 0 {
            receipt.warnings.push(format!(
                "{} connections were still there when they were looked for last; their next packets \
                 reset them",
                self.left
            ));
        }
        receipt
    }

    /// Writes down, once, what a reader of the receipt should know.
    pub(super) fn warn(&mut self, warning: String) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// Writes down that the delay line has given up real time, this often in its life, since it first
    /// held packets of this fault.
    pub(super) fn note_demoted(&mut self, times: u64) {
        if times > *self.demoted.get_or_insert(times) {
            self.warn(
                "the delay line gave up real time for a while, since packets took too much of a core: \
                 where all cores are busy, delays were late by milliseconds"
                    .into(),
            );
        }
    }

    /// Writes down what is out of the reach of a catch of idle connections.
    pub(super) fn note(&mut self, caught: &Caught, uncovered: &[String]) {
        if caught.out_of_reach > 0 {
            self.warn(format!(
                "{} connections were left alone: they cross no interface that is covered",
                caught.out_of_reach
            ));
        }
        for interface in uncovered {
            self.warn(format!(
                "interface {interface} is not Ethernet: its traffic meets no rule"
            ));
        }
    }
}

/// Writes a connection down for the fault of a rule; `syn` is 0 but for one that was refused.
pub(super) fn hit(running: &mut [Account], rule: Option<&PlannedRule>, flow: Flow, syn: u32) {
    let account = running
        .iter_mut()
        .find(|account| rule.is_some_and(|rule| rule.id.fault == account.fault.name));
    if let Some(account) = account.filter(|account| account.connections.len() < CONNECTIONS) {
        account.connections.insert((flow, syn));
    }
}

/// The slot of the rule by which an event tells of a connection's end.
pub(super) fn ended_by(event: &Event) -> Option<u16> {
    match EventKind::from_word(event.kind)? {
        EventKind::Reset | EventKind::Refused => u16::try_from(event.slot).ok(),
        EventKind::FirstHit | EventKind::Expired => None,
    }
}

/// What the kernel counted, for all rules of a table.
pub(super) fn observed(
    dataplane: &Dataplane,
    hooks: &Hooks,
    table: &Table,
) -> Result<Observed, DataplaneError> {
    let mut observed = Observed {
        untold: dataplane.untold()?,
        unborn: dataplane.unborn()?,
        ..Observed::default()
    };
    for (slot, _) in table.rules() {
        let counters = dataplane.counters(slot)?;
        observed.counters.insert(slot, total(&counters));
    }
    for (index, name) in hooks.interfaces() {
        for direction in [Direction::Ingress, Direction::Egress] {
            let seen = dataplane.seen(index, direction)?;
            observed.seen.push((name.to_owned(), direction, seen));
        }
    }
    Ok(observed)
}

/// Relates the boot clock to the wall clock, as they stand now.
fn clock() -> Clock {
    let wall = SystemTime::now().duration_since(UNIX_EPOCH);
    let wall = wall.map_or(0, |since| since.as_nanos().cast_signed());
    Clock {
        boot: wall - i128::from(boot_clock()),
    }
}
