//! The operations that bring the kernel from one table to the next, safe after each of them.

use chaos_abi::{Bank, Config};

use crate::{Image, Table};

/// One write to the kernel's maps.
#[derive(Clone, Debug)]
pub enum Op {
    /// Zero a slot's counters, on every CPU, and which events it has told.
    ClearCounters {
        /// The slot.
        slot: u16,
    },
    /// Replace the content of a bank that no hook reads.
    WriteBank {
        /// The bank.
        bank: Bank,
        /// Its content; entries it does not name are removed.
        image: Box<Image>,
    },
    /// Let the hooks read another bank, or none; what else the configuration says stays.
    Switch(Config),
}

/// The operations from `old`, which the kernel holds with `active` as its bank, to `new`, which
/// [`lower`](crate::lower()) made from `old`.
///
/// Up to the last operation the hooks judge by all of the old table, after it by all of the new one;
/// so an operation that fails leaves the old one in force. Counters are cleared only in slots that
/// the old table leaves free.
pub fn diff(old: &Table, new: &Table, active: Bank) -> Vec<Op> {
    debug_assert!(
        new.rules()
            .all(|(slot, rule)| old.rule(slot).is_none_or(|held| held.id == rule.id)),
        "the table was lowered from another one"
    );
    if old == new {
        return Vec::new();
    }
    let fresh = new.rules().map(|(slot, _)| slot);
    let fresh = fresh.filter(|slot| old.rule(*slot).is_none());
    let clear = fresh.map(|slot| Op::ClearCounters { slot });
    clear.chain(switch(new, active)).collect()
}

fn switch(new: &Table, active: Bank) -> Vec<Op> {
    if new.is_empty() {
        let config = Config {
            bank: active as u32,
            armed: 0,
            ..Config::default()
        };
        return vec![Op::Switch(config)];
    }
    let bank = active.other();
    let image = Box::new(new.image());
    let config = Config {
        bank: bank as u32,
        armed: 1,
        ..Config::default()
    };
    vec![Op::WriteBank { bank, image }, Op::Switch(config)]
}
