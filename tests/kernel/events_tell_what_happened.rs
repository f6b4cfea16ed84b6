//! The ring tells what happened to which flow; what finds it full is counted.

use chaos_abi::Direction::{Egress, Ingress};
use chaos_abi::{Event, EventKind};
use chaos_agent::inventory::boot_clock;
use chaos_tests::promises;

use crate::bench::expect::{refused, reset, vanishes};
use crate::bench::frame::frame;
use crate::bench::packet::{flags, tcp};
use crate::bench::{Bench, REDIRECT, words};

promises! {
    []
    at_its_time_and_with_its_flow,
    the_first_hit_once_a_rule,
    a_full_ring_loses_no_count
}

fn at_its_time_and_with_its_flow() {
    let packet = tcp("[fd00::1]:40000", "[fd00::2]:80");
    Bench::run(|bench| {
        bench.hold(&words::faults(&["faults: {reset: {}}"]));
        let begun = boot_clock();
        bench.hook(Ingress, &frame(&packet, Ingress));
        let ended = boot_clock();
        let events = bench.dataplane.drain();
        let due = [EventKind::FirstHit, EventKind::Reset];
        assert_eq!(events.len(), due.len());
        for (event, kind) in events.iter().zip(due) {
            assert!((begun..=ended).contains(&event.at), "{event:?}");
            let due = Event {
                at: event.at,
                kind: kind as u32,
                slot: 0,
                flow: packet.flow(),
                ..Event::default()
            };
            assert_eq!(*event, due);
        }
    });
}

/// Each step compares the events: the first hit comes with the first packet of a rule only.
fn the_first_hit_once_a_rule() {
    let (one, other) = (
        tcp("10.0.0.1:40000", "10.0.0.2:80"),
        tcp("10.0.0.1:40001", "10.0.0.2:80").flags(flags::SYN),
    );
    let faults = words::faults(&[
        "faults: {reset: {}}",
        "traffic: {direction: Ingress}, faults: {blackhole: {}}",
    ]);
    Bench::run(|bench| {
        bench.hold(&faults);
        bench.step(Egress, &one, &reset(0));
        bench.step(Egress, &other, &refused(0));
        bench.step(Ingress, &one, &vanishes(1).outranked(0));
        bench.step(Ingress, &other, &vanishes(1).outranked(0));
        bench.hold(&faults[1..]);
        bench.step(Ingress, &one, &vanishes(1));
        bench.hold(&faults);
        bench.step(Egress, &one, &reset(0));
    });
}

fn a_full_ring_loses_no_count() {
    const SENT: usize = 4_500;
    let packet = tcp("10.0.0.1:40000", "10.0.0.2:80").flags(flags::SYN);
    let frame = frame(&packet, Egress);
    Bench::run(|bench| {
        bench.hold(&words::faults(&["faults: {reset: {}}"]));
        for _ in 0..SENT {
            assert_eq!(bench.hook(Egress, &frame).code, REDIRECT);
        }
        let told = bench.dataplane.drain().len();
        let untold = bench.dataplane.untold().expect("the kernel counts");
        assert!(untold > 0, "the ring holds 4,096 events");
        assert_eq!(told + usize::try_from(untold).expect("few"), SENT + 1);
        let counted = bench.dataplane.counters(0).expect("the kernel counts");
        let refused: u64 = counted.iter().map(|counters| counters.refused).sum();
        assert_eq!(refused, SENT as u64);
        bench.hook(Egress, &frame);
        assert_eq!(
            bench.dataplane.drain().len(),
            1,
            "an empty ring tells again"
        );
    });
}
