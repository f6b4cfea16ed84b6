//! Bringing a fault into force and waiting for it; taking it back when it does not come.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use chaos_api::{NetworkFault, Span};
use serde_json::json;
use tokio::{signal::unix::SignalKind, time::Instant};

use super::{
    create::{change, create, delete, named},
    progress::Progress,
    session::Session,
    signals::{self, Signals},
    stand::{Stand, current, is_over, missing, stand},
    watch::{Seen, until},
};
use crate::{
    exit::{Ends, Exit},
    output,
};

/// How long to wait for the end of a fault that is taken back.
const TAKE_BACK: Duration = Duration::from_secs(10);

/// The same where it has no start yet: perhaps nobody is there to answer.
const TAKE_BACK_UNSTARTED: Duration = Duration::from_secs(2);

/// How a fault that was created stands when the wait for it is over.
pub(super) enum Brought {
    /// In force in every pod, or shown for each.
    Whole(NetworkFault),
    /// In some only, with a line for each of the others.
    Part(NetworkFault, Vec<String>),
    /// In none, and taken back.
    Not(Exit, String),
    /// A signal ended the wait, and it is taken back.
    Interrupted(SignalKind),
}

/// Creates a fault and waits for it.
pub(super) async fn bring(
    session: &Session,
    object: &NetworkFault,
    patience: Span,
    quiet: bool,
    signals: &mut Signals,
) -> Result<Brought> {
    let fault = create(session, object).await?;
    let mut progress = Progress::new(quiet);
    let brought = tokio::select! {
        brought = wait(session, &fault, patience, &mut progress) => brought,
        signal = signals.next() => Ok(Brought::Interrupted(signal)),
    };
    progress.finish();
    if let Ok(Brought::Whole(_) | Brought::Part(..)) = brought {
        return brought;
    }
    if !quiet {
        eprintln!("taking it back");
    }
    tokio::select! {
        done = take_back(session, &fault) => done?,
        signal = signals.next() => {
            let line = format!("{}: {}", named(&fault), still_there(&fault));
            return Err(Ends(Exit::Command(signals::code(signal)), line).into());
        }
    }
    brought
}

/// Tells a user how it stands: `print` where there is something, and on stderr what is missing,
/// under that heading.
pub(super) fn told(
    brought: Brought,
    heading: &str,
    print: impl FnOnce(&NetworkFault) -> Result<()>,
) -> Result<Exit> {
    let (fault, lines) = match brought {
        Brought::Whole(fault) => (fault, Vec::new()),
        Brought::Part(fault, lines) => (fault, lines),
        Brought::Not(exit, why) => {
            output::complain("error", why.lines());
            return Ok(exit);
        }
        Brought::Interrupted(signal) => return Ok(Exit::Command(signals::code(signal))),
    };
    print(&fault)?;
    output::complain(heading, &lines);
    Ok(if lines.is_empty() {
        Exit::Done
    } else {
        Exit::Partly
    })
}

/// Stops a fault and waits until no kernel holds it; one that never was in a plan is deleted, since
/// it has no receipt.
pub(super) async fn take_back(session: &Session, fault: &NetworkFault) -> Result<()> {
    let named = named(fault);
    let stopped = change(session, &named, json!({ "stopped": true })).await;
    let stopped = stopped.with_context(|| still_there(fault))?;
    let patience = if is_started(&stopped) {
        TAKE_BACK
    } else {
        TAKE_BACK_UNSTARTED
    };
    let ended = over(session, stopped, patience).await;
    let ended = ended.with_context(|| still_there(fault))?;
    if !is_started(&ended) {
        return delete(session, &ended).await;
    }
    if !is_over(&ended) {
        bail!("{named}: {}", still_there(fault));
    }
    Ok(())
}

/// Stops a fault and waits until no kernel holds it, or the time is over; gives it as it is then.
pub(super) async fn end(
    session: &Session,
    fault: &NetworkFault,
    patience: Duration,
) -> Result<NetworkFault> {
    let stopped = change(session, &named(fault), json!({ "stopped": true })).await?;
    over(session, stopped, patience).await
}

/// Waits for the end of a fault that was stopped; gives it as it is when the wait is over.
async fn over(
    session: &Session,
    stopped: NetworkFault,
    patience: Duration,
) -> Result<NetworkFault> {
    let named = named(&stopped);
    let mut last = stopped;
    let find = |fault: &NetworkFault| {
        last.clone_from(fault);
        is_over(fault).then_some(())
    };
    until(session, &named, Some(Instant::now() + patience), find).await?;
    Ok(last)
}

fn is_started(fault: &NetworkFault) -> bool {
    let status = fault.status.as_ref();
    status.is_some_and(|status| status.started_at.is_some())
}

async fn wait(
    session: &Session,
    fault: &NetworkFault,
    patience: Span,
    progress: &mut Progress,
) -> Result<Brought> {
    let mut last = fault.clone();
    let find = |fault: &NetworkFault| {
        last.clone_from(fault);
        progress.show(fault);
        let stand = stand(fault);
        (stand != Stand::Waiting).then_some(stand)
    };
    let end = Instant::now() + Duration::from(patience);
    let seen = until(session, &named(fault), Some(end), find).await?;
    Ok(match seen {
        Seen::Found(stand) => brought(stand, last),
        Seen::Gone => Brought::Not(Exit::Error, "somebody has deleted it".into()),
        Seen::Late => late(last, patience),
    })
}

fn brought(stand: Stand, fault: NetworkFault) -> Brought {
    let lines = current(&fault).map(missing).unwrap_or_default();
    match stand {
        Stand::Whole => Brought::Whole(fault),
        Stand::Part | Stand::Waiting => Brought::Part(fault, lines),
        Stand::Nowhere => nowhere("it is in force in no pod".into(), lines),
        Stand::Refused { no_pods: true, why } => Brought::Not(Exit::NoPods, why),
        Stand::Refused { why, .. } | Stand::Over(why) => Brought::Not(Exit::Error, why),
    }
}

/// What there is when the patience is over.
fn late(fault: NetworkFault, patience: Span) -> Brought {
    let Some(status) = current(&fault) else {
        let line = format!(
            "netfault's controller has not looked at it within {patience}; see `netfault doctor`"
        );
        return Brought::Not(Exit::Error, line);
    };
    let lines = missing(status);
    let shown = !status.preview.is_empty();
    if status.active > 0 || shown {
        return Brought::Part(fault, lines);
    }
    nowhere(format!("it is in force in no pod within {patience}"), lines)
}

fn nowhere(first: String, mut lines: Vec<String>) -> Brought {
    lines.insert(0, first);
    Brought::Not(Exit::Error, lines.join("\n"))
}

/// What a user must know of a fault that could not be taken back.
fn still_there(fault: &NetworkFault) -> String {
    format!(
        "its end is not confirmed; it ends by itself {} after its start",
        fault.spec.duration
    )
}
