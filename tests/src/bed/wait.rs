//! Waiting for a condition, bounded in time.

use std::thread;
use std::time::{Duration, Instant};

/// How often a condition is looked at.
const STEP: Duration = Duration::from_millis(5);

/// Looks until `condition` gives a value and returns it; panics with `what` when `limit` passes.
#[track_caller]
pub fn eventually<T>(what: &str, limit: Duration, condition: impl FnMut() -> Option<T>) -> T {
    within(limit, condition).unwrap_or_else(|| panic!("not within {limit:?}: {what}"))
}

/// Looks until `condition` gives a value, or `limit` has passed.
pub fn within<T>(limit: Duration, mut condition: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        if let Some(value) = condition() {
            return Some(value);
        }
        if start.elapsed() >= limit {
            return None;
        }
        thread::sleep(STEP);
    }
}

/// The shortest of four times: a busy machine makes some of them longer, but none shorter.
pub fn quickest(mut take: impl FnMut() -> Duration) -> Duration {
    (1..4).fold(take(), |least, _| least.min(take()))
}

/// Panics with what the last of three tries said, unless one of them succeeds: a machine that stands
/// still for a moment makes things late, but not each time.
#[track_caller]
pub fn once_in_three(mut attempt: impl FnMut() -> Result<(), String>) {
    for _ in 0..2 {
        match attempt() {
            Ok(()) => return,
            Err(told) => eprintln!("once more, since {told}"),
        }
    }
    attempt().unwrap_or_else(|told| panic!("{told}"));
}

/// Panics with `what` if `condition` stops holding before `span` has passed.
///
/// For promises about absence, where there is nothing to wait for.
#[track_caller]
pub fn holds_for(what: &str, span: Duration, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    let broken = within(span, || (!condition()).then(|| start.elapsed()));
    if let Some(after) = broken {
        panic!("did not hold for {span:?}, broken after {after:?}: {what}");
    }
}
