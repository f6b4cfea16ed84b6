//! The operations that bring the kernel from one table to the next, safe after each of them.

use chaos_abi::{Bank, Config, Rule};

use crate::{Image, Matching, Table};

/// One write to the kernel's maps.
#[derive(Clone, Debug)]
pub enum Op {
    /// Put a rule into a slot.
    WriteRule {
        /// The slot.
        slot: u8,
        /// Its content.
        rule: Rule,
    },
    /// Zero a slot's counters, on every CPU, and which events it has told.
    ClearCounters {
        /// The slot.
        slot: u8,
    },
    /// Replace the content of a bank that no hook reads.
    WriteBank {
        /// The bank.
        bank: Bank,
        /// Its content; entries it does not name are removed.
        image: Box<Image>,
    },
    /// Let the hooks read another bank, or none.
    Switch(Config),
    /// Empty a slot that no bit set refers to.
    ClearRule {
        /// The slot.
        slot: u8,
    },
}

/// The operations from `old`, which the kernel holds with `active` as its bank, to `new`, which
/// [`lower`](crate::lower()) made from `old`.
///
/// After each operation the hooks match either as before or as planned: a slot that `old` leaves
/// free is filled before any bit set refers to it, and one that `new` leaves free is emptied when
/// none does any more.
pub fn diff(old: &Table, new: &Table, active: Bank) -> Vec<Op> {
    let mut ops = Vec::new();
    for (slot, planned) in new.rules() {
        let rule = planned.rule;
        match old.slots.get(&slot) {
            None => ops.extend([Op::ClearCounters { slot }, Op::WriteRule { slot, rule }]),
            Some(held) => {
                debug_assert_eq!(
                    held.id, planned.id,
                    "the table was lowered from another one"
                );
                ops.extend((held.rule != rule).then_some(Op::WriteRule { slot, rule }));
            }
        }
    }
    if !matchings(old).eq(matchings(new)) {
        ops.extend(switch(new, active));
    }
    let gone = old
        .rules()
        .filter(|(slot, _)| !new.slots.contains_key(slot));
    ops.extend(gone.map(|(slot, _)| Op::ClearRule { slot }));
    ops
}

fn matchings(table: &Table) -> impl Iterator<Item = (u8, &Matching)> {
    table.rules().map(|(slot, rule)| (slot, &rule.matching))
}

fn switch(new: &Table, active: Bank) -> Vec<Op> {
    if new.is_empty() {
        let config = Config {
            bank: active as u32,
            armed: 0,
        };
        return vec![Op::Switch(config)];
    }
    let bank = active.other();
    let image = Box::new(new.image());
    let config = Config {
        bank: bank as u32,
        armed: 1,
    };
    vec![Op::WriteBank { bank, image }, Op::Switch(config)]
}
