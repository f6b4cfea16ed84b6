//! The lease: rules act only while their holder proves that it is alive.

use crate::{
    dataplane::{Dataplane, DataplaneError},
    inventory::boot_clock,
};

/// How long rules act after the latest renewal, in nanoseconds.
pub(crate) const LEASE: u64 = 3_000_000_000;

/// How far apart renewals are, in nanoseconds.
const EVERY: u64 = 500_000_000;

/// When the lease was renewed last. All times are boot-clock nanoseconds.
#[derive(Debug, Default)]
pub(super) struct Lease {
    renewed: u64,
}

impl Lease {
    /// Renews the lease where it is time to; returns the gap in which it was over, from and to.
    pub(super) fn renew(
        &mut self,
        dataplane: &mut Dataplane,
    ) -> Result<(u64, u64), DataplaneError> {
        let now = boot_clock();
        let before = self.renewed;
        if now < before + EVERY && before != 0 {
            return Ok((now, now));
        }
        dataplane.lease(now + LEASE)?;
        self.renewed = now;
        let over = if before == 0 { now } else { before + LEASE };
        Ok((over.min(now), now))
    }
}
