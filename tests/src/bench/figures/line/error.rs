//! `delay_err_us_Nms_p50`, `_p99`: by how many microseconds datagrams are later than they were to be,
//! from the moment before they are sent to that at which the receiver's kernel has them: what the way
//! itself takes is in it. `_busy_` is the same while a process keeps each core busy, `_fair_`
//! where real time is refused besides; `delay_err_us_20kpps_*` the same at 20,000 datagrams a second and
//! 1 ms.
//!
//! The baseline is the same way without a fault, in the same state of the machine. The sender is
//! real-time, so that it is not what is late, and nobody receives before all is sent.

use std::process::Command;
use std::thread;
use std::time::Duration;

use super::{Effort, Figure, Group, delayed};
use crate::bed::message::delays;
use crate::bed::netfault::{Injection, unfavoured};
use crate::bed::probe::be_on_time;
use crate::bed::tcp::Wire;
use crate::bed::{Netfault, Pair, Probe, Process};
use crate::bench::stats::percentile;

pub(in super::super) const GROUP: Group = Group {
    names: &[
        "delay_err_us_1ms_p50",
        "delay_err_us_1ms_p99",
        "delay_err_us_10ms_p50",
        "delay_err_us_10ms_p99",
        "delay_err_us_50ms_p50",
        "delay_err_us_50ms_p99",
        "delay_err_us_250ms_p50",
        "delay_err_us_250ms_p99",
        "delay_err_us_50ms_busy_p50",
        "delay_err_us_50ms_busy_p99",
        "delay_err_us_50ms_fair_p50",
        "delay_err_us_50ms_fair_p99",
        "delay_err_us_20kpps_p50",
        "delay_err_us_20kpps_p99",
    ],
    measure,
};

/// How often datagrams are sent: on average a millisecond apart, and 20,000 a second.
const GAP: Duration = Duration::from_millis(1);
const SMALL_GAP: Duration = Duration::from_micros(50);

fn measure(effort: Effort) -> Vec<Figure> {
    let count = u32::try_from(effort.times(10_000, 300)).expect("it is a small number");
    let bed = Bed::new();
    let none = bed.errors(0, count, GAP);
    let mut figures = Vec::new();
    for millis in [1, 10, 50, 250] {
        let late = bed.errors(millis, count, GAP);
        figures.extend(both(&format!("{millis}ms"), &late, &none));
    }
    let small = [0, 1].map(|millis| bed.errors(millis, 10 * count, SMALL_GAP));
    let (busy, fair) = {
        let _burning = burn();
        let busy = [0, 50].map(|millis| bed.errors(millis, count, GAP));
        (
            busy,
            bed.errors_by(50, (count, GAP), |command| unfavoured(&command)),
        )
    };
    figures.extend(both("50ms_busy", &busy[1], &busy[0]));
    figures.extend(both("50ms_fair", &fair, &busy[0]));
    figures.extend(both("20kpps", &small[1], &small[0]));
    figures
}

fn both(name: &str, late: &[f64], none: &[f64]) -> [Figure; 2] {
    [50, 99].map(|percent| {
        let value = percentile(late, percent);
        Figure::alone(format!("delay_err_us_{name}_p{percent}"), "µs", value)
            .against(percentile(none, percent))
            .note("later than said; baseline: the way without a fault")
    })
}

struct Bed {
    pair: Pair,
    probe: Probe,
    netfault: Netfault,
}

impl Bed {
    fn new() -> Self {
        let pair = Pair::new();
        Self {
            probe: Probe::open(&pair.client, &pair.server, Wire::V4),
            pair,
            netfault: Netfault::new(),
        }
    }

    /// How much later than so many milliseconds datagrams are, in microseconds, under a fault that
    /// says so; without one for 0.
    fn errors(&self, millis: u64, count: u32, gap: Duration) -> Vec<f64> {
        self.errors_by(millis, (count, gap), |command| command)
    }

    /// The same by a process whose command is changed before it starts.
    fn errors_by(
        &self,
        millis: u64,
        (count, gap): (u32, Duration),
        change: impl FnOnce(Command) -> Command,
    ) -> Vec<f64> {
        let words = delayed(&format!("{millis}ms"), &self.probe);
        let client = &self.pair.client;
        let inject = || self.netfault.inject_by(client, &words, change);
        let fault = (millis > 0).then(inject);
        let latency = Duration::from_millis(millis);
        let samples = thread::scope(|scope| {
            let run = || {
                be_on_time();
                self.probe.run_alone(count, gap, latency)
            };
            scope.spawn(run).join().expect("a probe does not panic")
        });
        assert_eq!(samples.len(), count as usize, "none is lost");
        drop(fault.map(Injection::stop));
        let late = |delay: Duration| (delay.as_secs_f64() - latency.as_secs_f64()) * 1e6;
        delays(&samples).into_iter().map(late).collect()
    }
}

/// Keeps each core busy until it is dropped.
fn burn() -> Vec<Process> {
    let cores = thread::available_parallelism().expect("the kernel knows");
    let burner = |_| Process::spawn(Command::new("sh").args(["-c", "while :; do :; done"]));
    (0..cores.get()).map(burner).collect()
}
