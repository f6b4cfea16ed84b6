//! A fault in force, held by a command in the foreground.

use std::env;
use std::time::Duration;

use chaos_api::{Receipt, RuleCounters};
use rustix::process::Signal;

use super::Netfault;
use crate::bed::outcome::{Outcome, Output};
use crate::bed::process::{Process, exit_code};
use crate::bed::wait::within;

/// How long a fault may take to come into force or to be rolled back, the receipt included.
pub const RECEIPT_WAIT: Duration = Duration::from_secs(10);

/// A fault in force; dropping it kills its holder.
#[derive(Debug)]
pub struct Injection<'netfault> {
    netfault: &'netfault Netfault,
    name: String,
    holder: Process,
    output: Output,
}

impl<'netfault> Injection<'netfault> {
    #[track_caller]
    pub(super) fn await_force(
        netfault: &'netfault Netfault,
        name: String,
        mut holder: Process,
        output: Output,
    ) -> Self {
        let mut ended = None;
        // Emulated, the verifier takes seconds.
        let patience = if env::var_os("NETFAULT_VM").is_some() {
            6
        } else {
            1
        };
        let in_force = within(RECEIPT_WAIT * patience, || {
            ended = holder.ended();
            let stderr = output.outcome(0).stderr;
            let armed = stderr.lines().any(|line| line.starts_with("in force"));
            (armed || ended.is_some()).then_some(armed)
        });
        let said = output.outcome(0).stderr;
        assert_eq!(
            in_force,
            Some(true),
            "in force within {RECEIPT_WAIT:?}; {ended:?}\n{said}"
        );
        Self {
            netfault,
            name,
            holder,
            output,
        }
    }

    /// The fault's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The process that holds it.
    pub fn holder(&self) -> &Process {
        &self.holder
    }

    /// What it has done so far.
    #[track_caller]
    pub fn status(&self) -> Receipt {
        let words = format!("status {} -o json", self.name);
        self.netfault.call(&words).expect_code(0).receipt()
    }

    /// The counters of all its rules so far, added up.
    #[track_caller]
    pub fn counters(&self) -> RuleCounters {
        total(&self.status())
    }

    /// Stops it by `netfault stop`, waits until the holder has gone too, and gives the receipt.
    #[track_caller]
    pub fn stop(mut self) -> Receipt {
        let stop = format!("stop {} -o json", self.name);
        let stopped = self.netfault.call(&stop);
        let own = self.output.outcome(0).stderr;
        assert_eq!(
            stopped.code, 0,
            "stop\n{}its holder said\n{own}",
            stopped.stderr
        );
        self.end().expect_code(0);
        stopped.receipt()
    }

    /// Stops it by Ctrl-C and gives the receipt.
    #[track_caller]
    pub fn interrupt(self) -> Receipt {
        self.holder.signal(Signal::INT);
        self.await_end(RECEIPT_WAIT)
    }

    /// Waits until it ends by itself and gives the receipt.
    #[track_caller]
    pub fn await_end(mut self, limit: Duration) -> Receipt {
        let status = self.holder.wait(limit);
        self.output
            .outcome(exit_code(status))
            .expect_code(0)
            .receipt()
    }

    /// Kills the holder with SIGKILL and waits until it is dead.
    #[track_caller]
    pub fn kill(mut self) {
        self.holder.kill();
    }

    #[track_caller]
    fn end(&mut self) -> Outcome {
        let status = self.holder.wait(RECEIPT_WAIT);
        self.output.outcome(exit_code(status))
    }
}

/// The counters of all rules of a receipt, added up.
pub fn total(receipt: &Receipt) -> RuleCounters {
    let counters = receipt.rules.iter().map(|rule| rule.counters);
    counters.fold(RuleCounters::default(), |sum, rule| {
        zip(sum, rule, u64::strict_add)
    })
}

/// How the counters moved from `before` to `after`.
pub fn moved(before: RuleCounters, after: RuleCounters) -> RuleCounters {
    zip(after, before, u64::strict_sub)
}

fn zip(left: RuleCounters, right: RuleCounters, join: fn(u64, u64) -> u64) -> RuleCounters {
    left.combined(right, join)
}
