//! `connections: Existing | New` cuts between connections without a gap, whatever goes on meanwhile.

use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use chaos_tests::bed::tcp::Wire;
use chaos_tests::bed::{Pair, Unchanged};
use chaos_tests::promises;

use crate::held::{Held, Kept, order};
use crate::throng::{AFTER, BEFORE, DURING, Dialled, Line, OVER, reached};

promises! { [Object]
    by_a_blackhole_of_those_that_exist in 60,
    by_a_reset_of_those_that_exist in 60,
    by_a_blackhole_of_new_ones in 60,
    by_a_reset_of_new_ones in 60,
    for_each_fault_by_its_own_beginning,
    and_an_edit_moves_nothing
}

/// Connections that are open all the while, half of each family.
const FLOWS: usize = 8_000;

/// How long connections come and go before the fault and after it.
const CHURN: Duration = Duration::from_millis(300);

fn by_a_blackhole_of_those_that_exist() {
    tells_apart("connections: Existing", "blackhole");
}

fn by_a_reset_of_those_that_exist() {
    tells_apart("connections: Existing", "reset");
}

fn by_a_blackhole_of_new_ones() {
    tells_apart("connections: New", "blackhole");
}

fn by_a_reset_of_new_ones() {
    tells_apart("connections: New", "reset");
}

fn tells_apart(traffic: &str, fault: &str) {
    let pair = Pair::new();
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let mut all = Vec::new();
    for wire in [Wire::V4, Wire::V6] {
        let line = Line::to(&pair.server, wire);
        all.extend(line.dial_many(&pair.client, FLOWS / 2));
    }
    let mut held = Held::open(&pair.client);
    let phase = AtomicU8::new(BEFORE);
    let (kept, [before, after]) = thread::scope(|scope| {
        let churn = Wire::ALL.map(|wire| {
            let (line, host, phase) = (Line::to(&pair.server, wire), &pair.client, &phase);
            scope.spawn(move || line.churn(host, phase))
        });
        thread::sleep(CHURN);
        phase.store(DURING, Ordering::Relaxed);
        let before = Instant::now();
        let words = format!("traffic: {{{traffic}}}, faults: {{{fault}: {{}}}}");
        held.inject(order("a", &words));
        let after = Instant::now();
        let kept = Kept::new(held);
        phase.store(AFTER, Ordering::Relaxed);
        thread::sleep(CHURN);
        phase.store(OVER, Ordering::Relaxed);
        for thread in churn {
            all.extend(thread.join().expect("it only dials"));
        }
        (kept, [before, after])
    });
    let new = traffic.ends_with("New");
    // By when it was made: whether it is to be hit, where that is certain.
    let due = |one: &Dialled| match one {
        one if one.complete < before => Some(!new),
        one if one.begun > after => Some(new),
        _ => None,
    };
    let of = |wanted| all.iter().filter(|one| due(one) == wanted).count();
    let [hit, free, between] = [Some(true), Some(false), None].map(of);
    let reached = reached(&all, free);
    let wrong = |wanted: bool| {
        let all = all.iter().zip(&reached);
        all.filter(|(one, reached)| due(one) == Some(wanted) && **reached == wanted)
            .count()
    };
    let took = after - before;
    eprintln!("{traffic}, {fault}: {hit} hit, {free} not, {between} between, {took:?}");
    assert_eq!(
        [true, false].map(wrong),
        [0, 0],
        "wrongly spared, wrongly hit"
    );
    assert!(hit >= 3 && free >= 3, "{hit} and {free}");
    let receipt = kept.give_back().stop("a");
    assert!(receipt.interrupted.is_zero(), "{receipt:?}");
    drop(all);
    unchanged.assert();
}

fn for_each_fault_by_its_own_beginning() {
    for wire in Wire::ALL {
        let pair = Pair::new();
        let line = Line::to(&pair.server, wire);
        let mut held = Held::open(&pair.client);
        let existing = |name| {
            order(
                name,
                "traffic: {connections: Existing}, faults: {blackhole: {}}",
            )
        };
        let mut all = line.dial_many(&pair.client, 3);
        held.inject(existing("a"));
        all.extend(line.dial_many(&pair.client, 3));
        held.inject(existing("b"));
        all.extend(line.dial_many(&pair.client, 3));
        let which = |held: &mut Held, count: usize| {
            held.tick();
            let reached = reached(&all, count);
            reached.iter().filter(|reached| **reached).count()
        };
        assert_eq!(which(&mut held, 3), 3, "{wire:?}: those after both");
        held.stop("a");
        assert_eq!(
            which(&mut held, 3),
            3,
            "{wire:?}: those that b found are its own"
        );
        held.inject(order(
            "c",
            "traffic: {connections: New}, faults: {blackhole: {}}",
        ));
        assert_eq!(which(&mut held, 3), 3, "{wire:?}: none is new to c");
        let later = line.dial_many(&pair.client, 2);
        assert!(later.iter().all(|one| one.open.is_none()), "{wire:?}");
        held.stop("b");
        assert_eq!(which(&mut held, 9), 9, "{wire:?}");
        held.stop("c");
    }
}

fn and_an_edit_moves_nothing() {
    let pair = Pair::new();
    let line = Line::to(&pair.server, Wire::V4);
    let mut held = Held::open(&pair.client);
    let cut = |faults: &str| {
        order(
            "a",
            &format!("traffic: {{connections: Existing}}, faults: {{{faults}}}"),
        )
    };
    let old = line.dial_many(&pair.client, 5);
    held.inject(cut("reset: {probability: 0%}"));
    let new = line.dial_many(&pair.client, 5);
    held.edit(cut("blackhole: {}"));
    assert_eq!(reached(&new, 5), [true; 5]);
    assert_eq!(reached(&old, 0), [false; 5]);
    let receipt = held.edit(cut("reset: {}"));
    assert_eq!(receipt.connections_reset, 5);
    assert_eq!(reached(&new, 5), [true; 5]);
    assert!(
        line.dial_many(&pair.client, 5)
            .iter()
            .all(|one| one.open.is_some())
    );
    held.stop("a");
}
