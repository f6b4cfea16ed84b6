//! Many random frames over many random tables: the same verdicts and counters as the reference.
//!
//! `NETFAULT_SEED` chooses other ones; a failure prints the seed of its table, which comes first when
//! it is given.

use std::collections::BTreeMap;
use std::env;

use aya::maps::{HashMap, MapData};
use chaos_abi::{Birth, Counters, Direction, Flow};
use chaos_agent::inventory::boot_clock;
use chaos_plan::{explain, total};
use chaos_tests::promises;

use crate::bench::namespace::LOOPBACK;
use crate::bench::random::Random;
use crate::bench::{Bench, code};
use crate::chance::{World, faults, frame};
use crate::reference::Reference;

promises! { [] on_random_frames_over_random_tables in 300 }

const TABLES: u64 = 1_000;
/// Where time is short: in an emulated machine each takes a second.
const FEW_TABLES: u64 = 30;
const FRAMES: usize = 100;
const SEED: u64 = 1;

type Counted = BTreeMap<u16, Counters>;

type Births = HashMap<MapData, Flow, Birth>;

fn on_random_frames_over_random_tables() {
    let seed = match env::var("NETFAULT_SEED") {
        Ok(text) => text.parse().expect("NETFAULT_SEED is a number"),
        Err(_) => SEED,
    };
    let mut hurry = ["NETFAULT_QUICK", "NETFAULT_VM"].into_iter();
    let hurry = hurry.any(|variable| env::var_os(variable).is_some());
    let tables = if hurry { FEW_TABLES } else { TABLES };
    eprintln!("seed {seed}: {tables} tables, {FRAMES} frames each");
    Bench::run(|bench| {
        let reference = &mut Reference::default();
        for table in 0..tables {
            meet(bench, reference, seed.wrapping_add(table));
        }
    });
}

/// One table, and the frames that meet it.
fn meet(bench: &mut Bench, reference: &mut Reference, seed: u64) {
    let random = &mut Random(seed);
    let world = World::of(random);
    bench.start_over();
    reference.start_over();
    let cuts = if random.once_in(2) { bench.cut() } else { 0 };
    let mut births = bench.door.births().filter(|_| cuts > 0);
    let mut faults = faults(random, &world);
    for fault in &mut faults {
        fault.anchor += cuts.saturating_sub(1);
    }
    bench.hold(&faults);
    (reference.cuts, reference.loopback) = (cuts, random.once_in(3));
    reference.births.clear();
    let loopback = if reference.loopback { LOOPBACK } else { 0 };
    let told = bench.dataplane.tell_loopback(loopback);
    told.expect("the hooks can be told");
    let leased = !random.once_in(10);
    let until = if leased { u64::MAX } else { boot_clock() };
    let set = bench.dataplane.lease(until);
    set.expect("a lease can be written");
    let mut due = counted(bench);
    let mut rest = None;
    let mut met = Vec::new();
    for _ in 0..FRAMES {
        // Some come again, since draws go by what was before.
        let (way, frame) = if random.once_in(3) && !met.is_empty() {
            let (way, frame): &(_, Vec<u8>) = &met[random.below(met.len())];
            (*way, frame.clone())
        } else {
            frame(random, &world, &mut rest)
        };
        met.push((way, frame.clone()));
        if let Some(births) = &mut births
            && random.once_in(2)
        {
            bear(reference, births, random, &frame, way);
        }
        let expect = reference.expect(&bench.table, &frame, way, leased);
        let verdict = bench.hook(way, &frame);
        let what = || {
            format!(
                "seed {seed}: {way:?} {frame:02x?}\n{}",
                explain(&bench.table)
            )
        };
        assert_eq!(
            verdict.code,
            code(expect.fate, way),
            "the verdict on {}",
            what()
        );
        for (slot, moved) in &expect.moved {
            let held = due.get_mut(slot).expect("a rule is in the slot");
            *held = total(&[*held, *moved]);
            held.matched_bytes += moved.matched * frame.len() as u64;
        }
        if env::var_os("NETFAULT_SEED").is_some() {
            assert_eq!(
                timeless(counted(bench)),
                due,
                "the counters after {}",
                what()
            );
        }
    }
    assert_eq!(timeless(counted(bench)), due, "the counters of seed {seed}");
    bench.dataplane.drain();
}

/// Gives the connection of a frame a beginning, around the anchors of the rules.
fn bear(
    reference: &mut Reference,
    births: &mut Births,
    random: &mut Random,
    frame: &[u8],
    way: Direction,
) {
    let Some(flow) = reference.flow(frame, way) else {
        return;
    };
    let birth = Birth {
        at: 0,
        cut: reference.cuts - 1 + random.word() % 4,
        opener: random.word() % 3,
    };
    let written = births.insert(flow, birth, 0);
    written.expect("there is room");
    reference.births.insert(flow, birth);
}

/// What the kernel counts for each rule.
fn counted(bench: &Bench) -> Counted {
    let rules = bench.table.rules();
    rules.map(|(slot, _)| (slot, bench.counted(slot))).collect()
}

/// Without the times of hits, which the reference does not know.
fn timeless(mut counted: Counted) -> Counted {
    for counters in counted.values_mut() {
        (counters.first, counters.last) = (0, 0);
    }
    counted
}
