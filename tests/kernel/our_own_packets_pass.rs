//! Packets that netfault made carry a mark: no rule meets them, and nobody counts them.

use chaos_abi::Direction::{Egress, Ingress};
use chaos_abi::{MARK_PASS, MARK_ROUTE};
use chaos_agent::dataplane::Program;
use chaos_tests::promises;

use crate::bench::door::Marked;
use crate::bench::expect::vanishes;
use crate::bench::frame::frame;
use crate::bench::packet::tcp;
use crate::bench::{Bench, NEXT, REDIRECT, words};

promises! {
    []
    without_their_mark_and_uncounted,
    the_kernel_routes_those_to_the_peer,
    other_marks_stay
}

const HOOKS: [(Program, chaos_abi::Direction); 2] =
    [(Program::Ingress, Ingress), (Program::Egress, Egress)];

fn without_their_mark_and_uncounted() {
    marked(MARK_PASS, NEXT, 0);
}

fn the_kernel_routes_those_to_the_peer() {
    marked(MARK_ROUTE, REDIRECT, MARK_PASS);
}

/// Runs a packet with a mark through both hooks, where a rule takes everything.
fn marked(mark: u32, code: i32, after: u32) {
    let packet = tcp("10.0.0.1:40000", "10.0.0.2:80");
    Bench::run(|bench| {
        bench.hold(&words::faults(&["faults: {blackhole: {}}"]));
        for (program, way) in HOOKS {
            let frame = frame(&packet, way);
            let found = bench.door.run_marked(program, &frame, mark);
            let due = Marked {
                code,
                mark: after,
                frame,
            };
            assert_eq!(found, due, "{program:?}");
            bench.unmoved("a packet of our own");
            bench.step(way, &packet, &vanishes(0));
        }
    });
}

fn other_marks_stay() {
    let packet = tcp("10.0.0.1:40000", "10.0.0.2:80");
    Bench::run(|bench| {
        for (program, way) in HOOKS {
            let frame = frame(&packet, way);
            for mark in [0, 1, MARK_PASS - 1, MARK_ROUTE + 1, u32::MAX] {
                let found = bench.door.run_marked(program, &frame, mark);
                assert_eq!((found.code, found.mark), (NEXT, mark), "{program:?}");
            }
        }
    });
}
