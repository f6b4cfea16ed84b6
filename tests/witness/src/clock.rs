//! The boot clock, which is the same in every pod of this machine and in the test.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The time since boot, in nanoseconds.
pub fn now() -> u64 {
    let now = clock_gettime(ClockId::Boottime);
    let since_boot = Duration::try_from(now).expect("the boot clock is never negative");
    u64::try_from(since_boot.as_nanos()).expect("584 years have not passed since boot")
}

/// A span in nanoseconds.
pub(crate) fn nanoseconds(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
