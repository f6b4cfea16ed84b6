//! A crowded host: each processor is taken away for moments, as a hypervisor takes it.

use std::{
    process::Command,
    sync::mpsc::{Sender, channel},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use rustix::thread::{CpuSet, gettid, sched_getaffinity, sched_setaffinity};

/// How long the time between two moments is on average, and how long most of them are at the most.
const BETWEEN: Duration = Duration::from_millis(200);
const SHORT: Duration = Duration::from_millis(60);

/// A longer one, and how far apart these are.
const LONG: Duration = Duration::from_millis(350);
const RARELY: Duration = Duration::from_secs(15);

/// Takes the processors away for moments from now on until xtask ends, each at times of its own.
pub(super) fn begin() -> Result<()> {
    let all = sched_getaffinity(None)?;
    let (told, begun) = channel();
    for cpu in (0..CpuSet::MAX_CPU).filter(|cpu| all.is_set(*cpu)) {
        let told = told.clone();
        thread::spawn(move || take(cpu, told));
    }
    drop(told);
    begun.into_iter().collect()
}

/// Takes one processor away again and again, once it has told whether it may.
fn take(cpu: usize, told: Sender<Result<()>>) {
    let may = go_first(cpu);
    let is_fine = may.is_ok();
    let _ = told.send(may);
    drop(told);
    if !is_fine {
        return;
    }
    let mut random = 0x9e37_79b9_7f4a_7c15 ^ cpu as u64;
    let mut long = Instant::now() + RARELY;
    loop {
        thread::sleep(BETWEEN.mul_f64(-unit(&mut random).ln()));
        let mut moment = SHORT.mul_f64(unit(&mut random));
        if Instant::now() >= long {
            (moment, long) = (LONG, Instant::now() + RARELY);
        }
        let begun = Instant::now();
        while begun.elapsed() < moment {
            std::hint::spin_loop();
        }
    }
}

/// Puts the calling thread on one processor and before all else that runs there.
fn go_first(cpu: usize) -> Result<()> {
    let mut one = CpuSet::new();
    one.set(cpu);
    sched_setaffinity(None, &one)?;
    let thread = gettid().to_string();
    let mut chrt = Command::new("chrt");
    let chrt = chrt.args(["--fifo", "--pid", "90", &thread]).output();
    let chrt = chrt.context("--restless needs chrt")?;
    ensure!(
        chrt.status.success(),
        "--restless needs real-time threads: {}",
        String::from_utf8_lossy(&chrt.stderr).trim()
    );
    Ok(())
}

/// A number between 0 and 1 (xorshift64, Marsaglia 2003).
#[expect(clippy::cast_precision_loss, reason = "53 bits, which a float has")]
fn unit(random: &mut u64) -> f64 {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    ((*random >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
}
