//! The delay line: holds packets back that the hooks hand over, drops, doubles, alters and paces
//! them, and hands them back.
//!
//! A tc program cannot hold a packet, so a [`Backend`] does. The one that there is sends them
//! through a TAP device in the target's namespace to a thread of ours: `device` and `thread` touch
//! the kernel; everything else is pure. The walk of a packet: hook → `entry` → `fates` (what becomes
//! of each packet of the wire) → `wire` (cut and altered) → `queue` → the device → the program on it
//! → the interface it was met on.

mod awake;
mod device;
mod distribution;
mod draws;
mod entry;
mod error;
mod fates;
mod foresee;
mod hold;
#[expect(
    clippy::module_inception,
    reason = "the line is what this module is about"
)]
mod line;
mod pace;
mod queue;
mod rate;
mod rules;
mod tally;
mod tap;
mod thread;
mod tickets;
mod wire;

use std::collections::BTreeMap;
use std::thread::Builder;

use self::pace::Pace;
use crate::{dataplane::Tun, inventory::boot_clock};

pub use error::{LineError, TunError};
pub use foresee::{Foreseen, Foresight};
pub use pace::Schedule;
pub use rules::{LineRule, LineRules, rules_of};
pub use tally::{LineTally, Tally};
pub use tap::Tap;

/// Whether there could be a line here, and how its thread would be scheduled.
pub fn check() -> Result<Schedule, LineError> {
    Tun::check()?;
    let thread = Builder::new().spawn(|| Pace::set(boot_clock()).schedule);
    let schedule = thread.map_err(LineError::Thread)?.join();
    schedule.map_err(|_| LineError::Stopped)
}

/// What holds packets for the hooks.
pub trait Backend: Send {
    /// The index of its device in the target's namespace, to which no hook is attached.
    fn device(&self) -> u32;

    /// Carries out other rules; returns once they are in force, and what rules held that are no more
    /// has been sent on, in its order. Nothing that is held is lost.
    fn renew(&mut self, rules: &LineRules) -> Result<(), LineError>;

    /// What it did so far.
    fn report(&self) -> Result<LineReport, LineError>;

    /// Why it has stopped by itself, and what it did before; told once. `None` while it works.
    fn ended(&mut self) -> Option<Ended>;
}

/// A line that stopped by itself. The hooks let packets pass.
#[derive(Debug)]
pub struct Ended {
    /// Why.
    pub why: LineError,
    /// What it did; what it held is lost. `None` where it cannot tell.
    pub report: Option<LineReport>,
}

/// What a line did, and how it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineReport {
    /// By slot, those of the rules that it carries out; one that did nothing is not there.
    pub rules: BTreeMap<u16, Tally>,
    /// All of it.
    pub line: LineTally,
    /// How its thread is scheduled.
    pub schedule: Schedule,
}
