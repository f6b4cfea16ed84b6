//! The boot clock, and the lease that runs on it.

use aya_ebpf::helpers::generated::bpf_ktime_get_boot_ns;

use super::maps::LEASE;

/// Boot-clock nanoseconds: the clock that goes on while the machine sleeps, as deadlines do.
#[inline(always)]
pub(super) fn now() -> u64 {
    // SAFETY: takes no pointer.
    unsafe { bpf_ktime_get_boot_ns() }
}

/// Whether the holder's lease runs.
#[inline(always)]
pub(super) fn leased(now: u64) -> bool {
    LEASE.get(0).is_some_and(|until| now < *until)
}
