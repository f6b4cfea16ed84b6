//! Seeing one fault change.

use std::{pin::pin, time::Duration};

use anyhow::Result;
use chaos_api::NetworkFault;
use futures::StreamExt;
use kube::runtime::watcher::{self, Event, watcher};
use tokio::time::{Instant, sleep, timeout_at};

use super::{
    errors::is_transient,
    session::{Named, Session},
};

/// After how many seconds the API server ends a watch, so that a dead connection is noticed.
const WATCH: u32 = 15;

/// How long to wait before a failed watch is tried again.
const AGAIN: Duration = Duration::from_millis(500);

/// How a wait ended.
pub(super) enum Seen<T> {
    /// It was there.
    Found(T),
    /// The fault was deleted.
    Gone,
    /// The time was over.
    Late,
}

/// Waits until `find` finds what it looks for in the fault, asking it at once and after each change.
pub(super) async fn until<T>(
    session: &Session,
    named: &Named,
    end: Option<Instant>,
    mut find: impl FnMut(&NetworkFault) -> Option<T>,
) -> Result<Seen<T>> {
    let config = watcher::Config::default()
        .fields(&format!("metadata.name={}", named.name))
        .timeout(WATCH);
    let mut events = pin!(watcher(session.faults(&named.namespace), config));
    let mut there = false;
    loop {
        let event = match end {
            Some(end) => match timeout_at(end, events.next()).await {
                Ok(event) => event,
                Err(_) => return Ok(Seen::Late),
            },
            None => events.next().await,
        };
        match event {
            Some(Ok(Event::Init)) => there = false,
            Some(Ok(Event::InitApply(fault) | Event::Apply(fault))) => {
                there = true;
                if let Some(found) = find(&fault) {
                    return Ok(Seen::Found(found));
                }
            }
            Some(Ok(Event::InitDone)) if there => {}
            Some(Ok(Event::InitDone | Event::Delete(_))) | None => return Ok(Seen::Gone),
            Some(Err(error)) => {
                fatal(session, error)?;
                sleep(AGAIN).await;
            }
        }
    }
}

/// Fails with an error that trying again does not mend.
fn fatal(session: &Session, error: watcher::Error) -> Result<()> {
    match error {
        watcher::Error::InitialListFailed(error) | watcher::Error::WatchStartFailed(error)
            if !is_transient(&error) =>
        {
            Err(session.said(error))
        }
        _ => Ok(()),
    }
}
