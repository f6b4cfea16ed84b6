//! Counters become a receipt.

use std::collections::BTreeMap;

use chaos_abi::{Counters, Direction, MAX_NUMBERED, Seen};
use chaos_api as api;
use chaos_api::{Block, EndReason, Receipt, RuleCounters, RuleReceipt, SeenReceipt, Span, State};
use jiff::Timestamp;

use crate::{Fault, Table};

/// What stands for the traffic of rules that are no more.
const BEFORE: &str = "before an edit";

/// What the kernel counted, for all faults of one table.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// By slot, the [`total`] over all CPUs; an absent slot counted nothing.
    pub counters: BTreeMap<u16, Counters>,
    /// By slot, what the delay line did; an absent slot did nothing.
    pub line: BTreeMap<u16, LineCounts>,
    /// By interface name and direction, summed over CPUs, in the order to show.
    pub seen: Vec<(String, Direction, Seen)>,
    /// Distinct connections reset or refused, by fault name.
    pub connections: BTreeMap<String, u64>,
    /// Events that found the ring full, since it was made.
    pub untold: u64,
    /// Connections that began while there was no room to remember it, since the programs were loaded.
    pub unborn: u64,
}

/// What the delay line did for one rule, in packets of the wire; overflowed in what it could not hold as
/// one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineCounts {
    /// Held back.
    pub delayed: u64,
    /// Dropped by a draw.
    pub lost: u64,
    /// Sent twice.
    pub duplicated: u64,
    /// Had a bit flipped.
    pub corrupted: u64,
    /// Not delayed, ahead of others.
    pub reordered: u64,
    /// Sent on at its rate.
    pub shaped: u64,
    /// Found a queue full.
    pub overflowed: u64,
}

impl LineCounts {
    /// The sums of both.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            delayed: self.delayed + other.delayed,
            lost: self.lost + other.lost,
            duplicated: self.duplicated + other.duplicated,
            corrupted: self.corrupted + other.corrupted,
            reordered: self.reordered + other.reordered,
            shaped: self.shaped + other.shaped,
            overflowed: self.overflowed + other.overflowed,
        }
    }
}

/// The life of one fault.
#[derive(Clone, Debug)]
pub struct Life {
    /// What it targets, as the holder describes it.
    pub target: String,
    /// Boot-clock nanoseconds at which it came into force.
    pub started: u64,
    /// Boot-clock nanoseconds at which it ended, and why.
    pub ended: Option<(u64, EndReason)>,
    /// How long, in all, the holder's lease was over while it should have been in force.
    pub interrupted: Span,
    /// How many events had found the ring full when it came into force.
    pub untold: u64,
    /// How many connections had begun without room to remember it when it came into force.
    pub unborn: u64,
    /// What those of its rules counted that an edit took away.
    pub past: BTreeMap<Block, (Counters, LineCounts)>,
}

/// Turns the boot clock into wall time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Nanoseconds from the Unix epoch to the boot clock's zero.
    pub boot: i128,
}

impl Clock {
    /// The wall time, to the millisecond, of a boot-clock time; `None` beyond year 9999.
    pub fn at(self, boot_nanos: u64) -> Option<Timestamp> {
        let millis = (self.boot + i128::from(boot_nanos)).div_euclid(1_000_000);
        Timestamp::from_millisecond(i64::try_from(millis).ok()?).ok()
    }
}

/// One rule's counters over all CPUs: sums, the first hit and the latest.
pub fn total(per_cpu: &[Counters]) -> Counters {
    per_cpu
        .iter()
        .fold(Counters::default(), |sum, cpu| Counters {
            matched: sum.matched + cpu.matched,
            matched_bytes: sum.matched_bytes + cpu.matched_bytes,
            undrawn: sum.undrawn + cpu.undrawn,
            outranked: sum.outranked + cpu.outranked,
            dropped: sum.dropped + cpu.dropped,
            reset: sum.reset + cpu.reset,
            refused: sum.refused + cpu.refused,
            diverted: sum.diverted + cpu.diverted,
            bypassed: sum.bypassed + cpu.bypassed,
            let_through: sum.let_through + cpu.let_through,
            failed: sum.failed + cpu.failed,
            idle_reset: sum.idle_reset + cpu.idle_reset,
            spared: sum.spared + cpu.spared,
            expired: sum.expired + cpu.expired,
            lapsed: sum.lapsed + cpu.lapsed,
            unnumbered: sum.unnumbered + cpu.unnumbered,
            first: earlier(sum.first, cpu.first),
            last: sum.last.max(cpu.last),
        })
}

/// The receipt of `fault`, whose rules `table` holds or, where it is over, held last.
pub fn raise(
    fault: &Fault,
    table: &Table,
    life: &Life,
    observed: &Observed,
    clock: Clock,
) -> Receipt {
    let own = table
        .rules()
        .filter(|(_, planned)| planned.id.fault == fault.name);
    let counted = |slot: u16| observed.counters.get(&slot).copied().unwrap_or_default();
    let own = own.filter_map(|(slot, planned)| {
        let traffic = planned.matching.to_string();
        let held = observed.line.get(&slot).copied().unwrap_or_default();
        Some((planned.id.block?, traffic, counted(slot), held))
    });
    let past = life.past.iter();
    let past = past.map(|(block, (counters, line))| (*block, BEFORE.to_owned(), *counters, *line));
    let own: Vec<_> = own.chain(past).collect();
    let all: Vec<Counters> = own.iter().map(|(_, _, counters, _)| *counters).collect();
    let all = total(&all);
    let hit = |at: u64| if at == 0 { None } else { clock.at(at) };
    Receipt {
        name: fault.name.clone(),
        faults: fault.spec.faults.words(),
        target: life.target.clone(),
        seed: fault.seed,
        draw: fault.spec.draw,
        state: life.ended.map_or(State::Active, |_| State::Ended),
        reason: life.ended.map(|(_, reason)| reason),
        started_at: clock.at(life.started),
        ends_at: clock.at(fault.deadline),
        ended_at: life.ended.and_then(|(at, _)| clock.at(at)),
        traffic_matched: met(&all),
        connections_reset: observed.connections.get(&fault.name).copied().unwrap_or(0),
        first_hit: hit(all.first),
        last_hit: hit(all.last),
        interrupted: life.interrupted,
        rules: own.into_iter().map(rule).collect(),
        seen: observed.seen.iter().map(seen).collect(),
        warnings: warnings(fault, life, observed, &all),
    }
}

fn rule((fault, traffic, counters, line): (Block, String, Counters, LineCounts)) -> RuleReceipt {
    RuleReceipt {
        fault,
        traffic,
        counters: RuleCounters {
            matched: counters.matched,
            matched_bytes: counters.matched_bytes,
            undrawn: counters.undrawn,
            outranked: counters.outranked,
            dropped: counters.dropped,
            reset: counters.reset,
            refused: counters.refused,
            let_through: counters.let_through,
            diverted: counters.diverted,
            bypassed: counters.bypassed,
            failed: counters.failed,
            idle_reset: counters.idle_reset,
            spared: counters.spared,
            expired: counters.expired,
            lapsed: counters.lapsed,
            delayed: line.delayed,
            lost: line.lost,
            duplicated: line.duplicated,
            corrupted: line.corrupted,
            reordered: line.reordered,
            shaped: line.shaped,
            overflowed: line.overflowed,
        },
    }
}

fn seen((interface, direction, seen): &(String, Direction, Seen)) -> SeenReceipt {
    SeenReceipt {
        interface: interface.clone(),
        direction: match direction {
            Direction::Ingress => api::Direction::Ingress,
            Direction::Egress => api::Direction::Egress,
        },
        packets: seen.packets,
        bytes: seen.bytes,
    }
}

fn warnings(fault: &Fault, life: &Life, observed: &Observed, all: &Counters) -> Vec<String> {
    let mut warnings = Vec::new();
    let answers = fault.spec.faults.reset.is_some() || fault.spec.faults.reject.is_some();
    if life.ended.is_some() && !met(all) {
        warnings.push("no traffic met this fault".into());
    }
    if all.failed > 0 {
        let count = all.failed;
        let why = if answers {
            "the kernel made no answer to them"
        } else {
            "the kernel could not hand them to the delay line"
        };
        warnings.push(format!("packets dropped because {why}: {count}"));
    }
    if all.bypassed > 0 {
        let count = all.bypassed;
        warnings.push(format!(
            "{count} packets passed the delay line by: it did not answer, or four rules had them already"
        ));
    }
    if let Some(rate) = fault
        .spec
        .faults
        .rate
        .filter(|rate| rate.rate.is_in_bytes())
    {
        let (said, bits) = (rate.rate, rate.rate.in_bits());
        warnings.push(format!("rate {said} is in bytes, as tc has it: {bits}"));
    }
    if all.unnumbered > 0 {
        let count = all.unnumbered;
        warnings.push(format!(
            "{count} packets were of connections beyond the {MAX_NUMBERED} that can be numbered: \
             connections were drawn by their flow, packets by chance"
        ));
    }
    let lost = observed.untold.saturating_sub(life.untold);
    if lost > 0 && answers {
        warnings.push(format!(
            "{lost} events were lost: connectionsReset may be short"
        ));
    }
    let forgotten = observed.unborn.saturating_sub(life.unborn);
    if forgotten > 0 && fault.asks() {
        warnings.push(format!(
            "{forgotten} connections began while no more could be remembered: who opened them is not known"
        ));
    }
    if !life.interrupted.is_zero() {
        let time = life.interrupted;
        warnings.push(format!(
            "for {time} in all the holder stood still and everything passed"
        ));
    }
    warnings
}

fn met(counters: &Counters) -> bool {
    counters.matched > 0 || counters.idle_reset > 0
}

/// The earlier of two boot-clock times, of which 0 is none.
fn earlier(one: u64, other: u64) -> u64 {
    if one == 0 || other == 0 {
        one.max(other)
    } else {
        one.min(other)
    }
}
