//! How the line's thread is scheduled: in real time as long as it takes little of a core.

use std::fmt;

use rustix::time::{ClockId, clock_gettime};

use crate::dataplane::{favour, make_fair, make_fifo};

/// How long the thread's share of a core is measured, in nanoseconds.
const WINDOW: u64 = 1_000_000_000;

/// Above this share, in percent, a real-time thread may keep others from running.
const TOO_MUCH: u64 = 20;

/// Below this share, in percent, it is a real-time thread again.
const LITTLE: u64 = 10;

/// How the thread is scheduled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// In real time (`SCHED_FIFO`).
    Fifo,
    /// With the others, since it took too much of a core in real time.
    Demoted,
    /// With the others, since the kernel refuses real time.
    Fair {
        /// It has a short slice, so that it runs soon after it wakes.
        short: bool,
        /// What the kernel says.
        why: String,
    },
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fifo => f.write_str("in real time"),
            Self::Demoted => {
                write!(
                    f,
                    "not in real time: it took more than {TOO_MUCH} % of a core"
                )
            }
            Self::Fair { short: true, why } => {
                write!(f, "not in real time ({why}): with a slice of 0.1 ms")
            }
            Self::Fair { short: false, why } => write!(
                f,
                "not in real time ({why}): where all cores are busy, delays are late by \
                 milliseconds"
            ),
        }
    }
}

/// The thread's schedule, and what it took.
#[derive(Debug)]
pub(super) struct Pace {
    pub(super) schedule: Schedule,
    /// How often it was demoted.
    pub(super) demoted: u64,
    /// The running window: when it began, and what the thread had taken by then.
    begun: u64,
    taken: u64,
}

impl Pace {
    /// Schedules the calling thread as well as the kernel lets it.
    pub(super) fn set(now: u64) -> Self {
        // Refused only by a kernel without the call; then timers are 50 µs late.
        let _ = favour();
        let schedule = match make_fifo() {
            Ok(()) => Schedule::Fifo,
            Err(error) => Schedule::Fair {
                short: make_fair().unwrap_or(false),
                why: error.to_string(),
            },
        };
        Self {
            schedule,
            demoted: 0,
            begun: now,
            taken: taken(),
        }
    }

    /// Looks once a window at what the thread took.
    pub(super) fn look(&mut self, now: u64) {
        let window = now.saturating_sub(self.begun);
        if window < WINDOW {
            return;
        }
        let all = taken();
        let share = all.saturating_sub(self.taken) * 100 / window;
        (self.begun, self.taken) = (now, all);
        match next(&self.schedule, share) {
            Some(Schedule::Demoted) if make_fair().is_ok() => {
                self.schedule = Schedule::Demoted;
                self.demoted += 1;
            }
            Some(Schedule::Fifo) if make_fifo().is_ok() => self.schedule = Schedule::Fifo,
            _ => {}
        }
    }
}

/// What the schedule is to become of a thread that took this share of a core, in percent; `None`
/// where it stays.
fn next(schedule: &Schedule, share: u64) -> Option<Schedule> {
    match schedule {
        Schedule::Fifo if share > TOO_MUCH => Some(Schedule::Demoted),
        Schedule::Demoted if share < LITTLE => Some(Schedule::Fifo),
        Schedule::Fifo | Schedule::Demoted | Schedule::Fair { .. } => None,
    }
}

/// Processor time of the calling thread, in nanoseconds.
fn taken() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let nanos = time.tv_sec * 1_000_000_000 + time.tv_nsec;
    nanos.cast_unsigned()
}

#[cfg(test)]
mod tests;
