//! `line_cpu_us`: processor time of the process that holds the line, for each of 20,000 small datagrams
//! a second, in microseconds; the baseline is one of 1,000 a second. `line_held_bytes`: by how much that
//! process grows for each datagram that it holds; the baseline is the frame's length.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use super::{Effort, Figure, Group, delayed};
use crate::bed::message::SIZE;
use crate::bed::netfault::Injection;
use crate::bed::tcp::Wire;
use crate::bed::{Netfault, Pair, Probe};
use crate::bench::memory;

pub(in super::super) const GROUP: Group = Group {
    names: &["line_cpu_us", "line_held_bytes"],
    measure,
};

/// Bytes of a frame before its data: Ethernet, IPv4, UDP.
const HEADERS: f64 = 42.0;

fn measure(effort: Effort) -> Vec<Figure> {
    let seconds = u32::try_from(effort.times(5, 1)).expect("it is a small number");
    let [many, few] = [20, 1].map(|a_milli| cpu_us(a_milli * 1_000, seconds));
    let held = u32::try_from(effort.times(100_000, 10_000)).expect("it is a small number");
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let frame = HEADERS + SIZE as f64;
    vec![
        Figure::alone("line_cpu_us", "µs", many)
            .against(few)
            .note("the holder's time for a datagram of 20,000 a second; baseline: of 1,000"),
        Figure::alone("line_held_bytes", "bytes", held_bytes(held))
            .against(frame)
            .note("memory for a datagram that is held; baseline: its frame"),
    ]
}

/// Processor time for each of so many datagrams a second, in microseconds.
fn cpu_us(a_second: u32, seconds: u32) -> f64 {
    let under = |probe: &Probe, fault: &Injection| {
        let (before, gap) = (cpu(fault), Duration::from_secs(1) / a_second);
        let samples = probe.run(a_second * seconds, gap, Duration::from_millis(1));
        (cpu(fault) - before) / count(samples.len())
    };
    run("1ms", under) / 1e3
}

/// What each of so many datagrams adds to the memory of who holds them.
fn held_bytes(held: u32) -> f64 {
    run("30s", |probe, fault| {
        let before = resident(fault);
        probe.send(held, Duration::from_micros(20));
        sleep(Duration::from_secs(1));
        (resident(fault) - before) / f64::from(held)
    })
}

/// A flow of datagrams that is late by so much.
fn run<T>(latency: &str, body: impl FnOnce(&Probe, &Injection) -> T) -> T {
    let (pair, netfault) = (Pair::new(), Netfault::new());
    let probe = Probe::open(&pair.client, &pair.server, Wire::V4);
    let fault = netfault.inject(&pair.client, &delayed(latency, &probe));
    let outcome = body(&probe, &fault);
    fault.stop();
    outcome
}

/// Nanoseconds for which the threads of a fault's holder have run.
fn cpu(fault: &Injection) -> f64 {
    let tasks = format!("/proc/{}/task", fault.holder().pid());
    let tasks = fs::read_dir(tasks).expect("it runs").flatten();
    let ran = tasks.map(|task| {
        let text = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        let first = text.split(' ').next().and_then(|word| word.parse().ok());
        first.unwrap_or(0.0)
    });
    ran.sum()
}

/// Bytes of a fault's holder that are in memory.
fn resident(fault: &Injection) -> f64 {
    let bytes = memory::resident(fault.holder().pid()).expect("it has memory");
    #[expect(clippy::cast_precision_loss, reason = "memory is less than 2^53 bytes")]
    let bytes = bytes as f64;
    bytes
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn count(of: usize) -> f64 {
    of as f64
}
