//! Looking a name up, as every application does before it connects.

use std::time::Instant;

use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::args::Resolve;
use crate::clock::nanoseconds;
use crate::line::{Failure, Said, say};

pub(crate) async fn resolve(args: Resolve) -> anyhow::Result<()> {
    let mut clock = interval(args.pace);
    clock.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        clock.tick().await;
        let start = Instant::now();
        let looked_up = timeout(
            args.timeout,
            tokio::net::lookup_host((args.name.as_str(), 0)),
        );
        let answer = match looked_up.await {
            Ok(Ok(found)) => Ok(found.map(|address| address.ip()).collect()),
            Ok(Err(error)) => Err(Failure::of(&error)),
            Err(_) => Err(Failure::TimedOut),
        };
        say(Said::Resolved {
            took: nanoseconds(start.elapsed()),
            answer,
        });
    }
}
