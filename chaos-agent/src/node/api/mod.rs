//! The API server's side: what is read from it, what is written to it, and its clock.

mod backoff;
mod clock;
mod follow;
mod halts;
mod outage;
mod plans;
mod reach;
mod reports;
mod sharpen;
mod status;

use std::time::Duration;

pub(super) use clock::Clock;
pub(super) use halts::halts;
pub(super) use plans::plans;
pub(super) use reach::Reach;
pub(super) use reports::{previous, report};
pub(super) use sharpen::sharpen;

/// How long one request may take; a watch is cut by its own time.
const REQUEST: Duration = Duration::from_secs(5);
