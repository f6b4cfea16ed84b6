//! Up to the last operation of a diff a packet meets the rules of the old table, and after it those of
//! the new one, each with the numbers that its table gives it.

use std::collections::BTreeMap;

use chaos_plan::{Fault, Op, PacketWords, RuleId, Table, diff, lower};
use proptest::prelude::*;

use crate::kernel::{Kernel, promised};
use crate::worlds::{faults, packets};

/// Brings `kernel` from `old` to the table of `faults`, checking after each operation.
fn advance(
    kernel: &mut Kernel,
    old: &Table,
    faults: &[Fault],
    packets: &[PacketWords],
) -> Result<Table, TestCaseError> {
    let new = lower(old, faults).unwrap();
    for op in diff(old, &new, kernel.bank()) {
        for packet in packets {
            let met = kernel.acting(packet);
            prop_assert_eq!(met, promised(old, packet), "before {:?}", op);
        }
        kernel.apply(op, &new);
    }
    arrived(kernel, &new, packets)?;
    Ok(new)
}

fn arrived(kernel: &Kernel, new: &Table, packets: &[PacketWords]) -> Result<(), TestCaseError> {
    prop_assert_eq!(kernel.config.armed == 0, new.is_empty());
    for packet in packets {
        prop_assert_eq!(kernel.acting(packet), promised(new, packet));
    }
    prop_assert!(diff(new, new, kernel.bank()).is_empty());
    Ok(())
}

fn slots(table: &Table) -> BTreeMap<&RuleId, u16> {
    table
        .rules()
        .map(|(slot, planned)| (&planned.id, slot))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn through_any_row_of_tables(row in prop::collection::vec(faults(), 1..4), packets in packets()) {
        let mut kernel = Kernel::default();
        let mut table = Table::default();
        for faults in row.iter().map(Vec::as_slice).chain([&[][..]]) {
            let new = advance(&mut kernel, &table, faults, &packets)?;
            for (id, slot) in slots(&new) {
                prop_assert!(slots(&table).get(id).is_none_or(|kept| *kept == slot));
            }
            table = new;
        }
    }

    #[test]
    fn and_an_edit_of_numbers_alone_moves_no_slot_and_clears_no_counter(faults in faults(), seed: u64) {
        let old = lower(&Table::default(), &faults).unwrap();
        let edit = |fault: &Fault| Fault { deadline: 9, seed, ..fault.clone() };
        let edited: Vec<Fault> = faults.iter().map(edit).collect();
        let new = lower(&old, &edited).unwrap();
        prop_assert_eq!(slots(&old), slots(&new));
        let ops = diff(&old, &new, chaos_abi::Bank::A);
        let acting = new.rules().any(|(_, planned)| planned.id.block.is_some());
        prop_assert_eq!(!ops.is_empty(), acting);
        let clears = ops.iter().any(|op| matches!(op, Op::ClearCounters { .. }));
        prop_assert!(!clears);
    }
}
