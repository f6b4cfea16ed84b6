//! The API server's side: what is read from it, what is written to it, and its clock.

mod backoff;
mod clock;
mod connect;
mod follow;
mod halts;
mod outage;
mod plans;
mod reports;
mod status;

use std::time::Duration;

pub(super) use clock::Clock;
pub(super) use connect::connect;
pub(super) use halts::halts;
pub(super) use plans::plans;
pub(super) use reports::{Reporter, previous};

/// How long one request may take; a watch is cut by its own time.
const REQUEST: Duration = Duration::from_secs(5);
