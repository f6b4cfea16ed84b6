//! What the delay line would take passes where there is none, and any other action wins over it.

use chaos_abi::Direction::{Egress, Ingress};
use chaos_abi::MARK_LINE;
use chaos_agent::dataplane::Program;
use chaos_tests::promises;

use crate::bench::expect::{bypasses, reset, vanishes};
use crate::bench::frame::frame;
use crate::bench::packet::tcp;
use crate::bench::{Bench, NEXT, words};

promises! { []
    passing_where_there_is_none,
    and_others_win,
    what_comes_back_passes_without_its_mark
}

const ALL: &str = "faults: {blackhole: {}}";
const LATE: &str = "traffic: {direction: Both}, faults: {delay: {latency: 1s}}";

fn passing_where_there_is_none() {
    let packet = tcp("10.0.0.1:40000", "10.0.0.2:80");
    Bench::run(|bench| {
        bench.hold(&words::faults(&[LATE]));
        for way in [Egress, Ingress] {
            bench.step(way, &packet, &bypasses(0));
        }
    });
}

fn and_others_win() {
    let packet = tcp("10.0.0.1:40000", "10.0.0.2:80");
    for (other, expect) in [(ALL, vanishes(1)), ("faults: {reset: {}}", reset(1))] {
        Bench::run(|bench| {
            bench.hold(&words::faults(&[LATE, other]));
            bench.step(Egress, &packet, &expect.clone().outranked(0));
        });
    }
}

fn what_comes_back_passes_without_its_mark() {
    let packet = tcp("10.0.0.1:40000", "10.0.0.2:80");
    Bench::run(|bench| {
        bench.hold(&words::faults(&[ALL]));
        for (program, way) in [(Program::Ingress, Ingress), (Program::Egress, Egress)] {
            let frame = frame(&packet, way);
            for ticket in [0, 255, 0xffff] {
                let found = bench.door.run_marked(program, &frame, MARK_LINE | ticket);
                assert_eq!((found.code, found.mark), (NEXT, 0), "{program:?}");
                assert_eq!(found.frame, frame);
            }
            bench.unmoved("a packet that comes back");
        }
    });
}
