//! With tracing on, each verdict is a line of the log, at a rate that a log can take.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use chaos_abi::Direction::{Egress, Ingress};
use chaos_tests::promises;
use log::{LevelFilter, Log, Metadata, Record};

use crate::bench::expect::{passes, reset, vanishes};
use crate::bench::frame::frame;
use crate::bench::packet::{flags, tcp, udp};
use crate::bench::{Bench, words};

promises! { [] a_line_for_each_and_a_thousand_a_second }

/// What the log was told. There is one log in a process, so there is one test.
static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Collector;

impl Log for Collector {
    fn enabled(&self, _: &Metadata) -> bool {
        true
    }

    fn log(&self, record: &Record) {
        let line = record.args().to_string();
        if line.contains("rule 0") {
            lines().push(line);
        }
    }

    fn flush(&self) {}
}

fn lines() -> MutexGuard<'static, Vec<String>> {
    LINES.lock().unwrap_or_else(PoisonError::into_inner)
}

fn a_line_for_each_and_a_thousand_a_second() {
    log::set_logger(&Collector).expect("nobody else collects");
    log::set_max_level(LevelFilter::Info);
    Bench::run_traced(|bench| {
        let segment = tcp("[fd00::1]:40000", "[fd00::2]:80").flags(flags::ACK);
        let datagram = udp("10.0.0.1:40000", "10.0.0.2:53");
        bench.hold(&words::faults(&[
            "traffic: {protocol: UDP}, faults: {blackhole: {}}",
        ]));
        bench.step(Ingress, &datagram, &vanishes(0));
        bench.step(Egress, &segment, &passes());
        bench.hold(&[]);
        bench.hold(&words::faults(&["faults: {reset: {}}"]));
        bench.step(Egress, &segment, &reset(0));
        assert_eq!(
            *lines(),
            [
                "blackhole 0 rule 0: ::ffff:10.0.0.1:40000 - ::ffff:10.0.0.2:53 proto 17 flags 0",
                "reset     1 rule 0: fd00::1:40000 - fd00::2:80 proto 6 flags 10",
            ]
        );
        at_most_a_thousand_a_second(bench);
    });
}

fn at_most_a_thousand_a_second(bench: &mut Bench) {
    bench.hold(&[]);
    bench.hold(&words::faults(&["faults: {blackhole: {}}"]));
    lines().clear();
    let frame = frame(&udp("10.0.0.1:40000", "10.0.0.2:53"), Egress);
    let begun = Instant::now();
    for sent in 0..3_000 {
        bench.hook(Egress, &frame);
        if sent % 100 == 0 {
            bench.dataplane.drain();
        }
    }
    let seconds = usize::try_from(begun.elapsed().as_secs()).expect("a short while");
    bench.dataplane.drain();
    let told = lines().len();
    assert!(
        (900..=1_000 * (seconds + 2)).contains(&told),
        "{told} lines in {seconds} s"
    );
}
