//! Whether the agent lives, and whether it can act.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use crate::{doctor::Check, inventory::boot_clock};

/// The executor is taken for dead after this time without a beat, in nanoseconds.
const PATIENCE: u64 = 2_000_000_000;

/// Why the agent cannot act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// As one word in `CamelCase`.
    pub(super) reason: String,
    /// In words.
    pub(super) message: String,
}

/// What is known of the agent's health; shared by all its threads.
#[derive(Debug)]
pub(super) struct Health {
    /// What this node lacks.
    lacks: Option<Problem>,
    beat: AtomicU64,
    plan_seen: AtomicBool,
    halt_seen: AtomicBool,
    unreadable: Mutex<Option<String>>,
}

impl Health {
    /// The health on a node where these checks were made.
    pub(super) fn new(checks: &[Check]) -> Self {
        Self {
            lacks: checks.iter().find(|check| !check.ok).map(Problem::of),
            beat: AtomicU64::new(boot_clock()),
            plan_seen: AtomicBool::new(false),
            halt_seen: AtomicBool::new(false),
            unreadable: Mutex::new(None),
        }
    }

    /// The executor is at work.
    pub(super) fn beat(&self) {
        self.beat.store(boot_clock(), Ordering::Relaxed);
    }

    /// The plan was read, or there is none.
    pub(super) fn plan_seen(&self) {
        self.plan_seen.store(true, Ordering::Relaxed);
    }

    /// It is known whether everything is stopped.
    pub(super) fn halt_seen(&self) {
        self.halt_seen.store(true, Ordering::Relaxed);
    }

    /// Why the newest plan cannot be read, if it cannot.
    pub(super) fn unreadable(&self, why: Option<String>) {
        *self
            .unreadable
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = why;
    }

    /// Whether the executor is at work; since when not, otherwise.
    pub(super) fn alive(&self) -> Result<(), String> {
        let since = boot_clock().saturating_sub(self.beat.load(Ordering::Relaxed));
        if since <= PATIENCE {
            return Ok(());
        }
        let seconds = since / 1_000_000_000;
        Err(format!("the executor has not been at work for {seconds} s"))
    }

    /// Why faults cannot be brought into force on this node.
    pub(super) fn problem(&self) -> Option<Problem> {
        let unreadable = self.unreadable.lock();
        let unreadable = unreadable.unwrap_or_else(PoisonError::into_inner).clone();
        let unreadable = unreadable.map(|message| Problem {
            reason: "Unsupported".into(),
            message,
        });
        self.lacks.clone().or(unreadable)
    }

    /// Whether it can act and knows what it is to do; why not, otherwise.
    pub(super) fn ready(&self) -> Result<(), String> {
        if let Some(problem) = self.problem() {
            return Err(format!("{}: {}", problem.reason, problem.message));
        }
        if !self.plan_seen.load(Ordering::Relaxed) {
            return Err("the plan has not been read from the API server yet".into());
        }
        if !self.halt_seen.load(Ordering::Relaxed) {
            return Err("whether everything is stopped has not been read yet".into());
        }
        Ok(())
    }
}

impl Problem {
    fn of(check: &Check) -> Self {
        let words = check.need.split(' ').map(capitalised);
        Self {
            reason: format!("{}Missing", words.collect::<String>()),
            message: check.to_string(),
        }
    }
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ok: bool) -> Check {
        Check {
            need: "kernel object",
            ok,
            found: "a stub".into(),
            fix: "build it".into(),
        }
    }

    #[test]
    fn what_the_node_lacks_is_one_word_and_a_sentence() {
        let health = Health::new(&[check(true), check(false)]);
        let problem = health.problem().unwrap();
        assert_eq!(problem.reason, "KernelObjectMissing");
        assert_eq!(problem.message, "kernel object: a stub: build it");
    }

    #[test]
    fn it_is_ready_once_it_knows_its_plan_and_that_nothing_is_stopped() {
        let health = Health::new(&[check(true)]);
        assert!(health.alive().is_ok());
        assert!(health.ready().unwrap_err().starts_with("the plan"));
        health.plan_seen();
        assert!(health.ready().unwrap_err().starts_with("whether"));
        health.halt_seen();
        assert_eq!(health.ready(), Ok(()));
        health.unreadable(Some("the encoding".into()));
        assert_eq!(health.ready().unwrap_err(), "Unsupported: the encoding");
    }
}
