//! `netfault install` and `uninstall`: the objects of `deploy/`, applied in order or removed.

mod apply;
mod manifests;
mod ready;
mod remove;

use anyhow::Result;
use chaos_api::Span;
use serde_json::json;
use tokio::time::{Duration, Instant, sleep};

use super::session::Session;
use crate::{
    args::{Format, Install, Uninstall},
    exit::Exit,
    output,
};

/// The namespace of netfault itself.
pub(super) const SYSTEM: &str = "netfault-system";

/// How often to look again at what has to be waited for.
const EVERY: Duration = Duration::from_millis(500);

/// Prints the objects: YAML documents, or a JSON list.
pub(crate) fn print_manifests(args: &Install) -> Result<Exit> {
    let objects = manifests::objects(args.image.as_deref())?;
    if args.output == Format::Json {
        let list = json!({ "apiVersion": "v1", "kind": "List", "items": objects });
        output::line(&serde_json::to_string_pretty(&list)?)?;
        return Ok(Exit::Done);
    }
    for object in objects {
        output::line(&format!(
            "---\n{}",
            serde_saphyr::to_string(&object)?.trim_end()
        ))?;
    }
    Ok(Exit::Done)
}

pub(super) async fn install(session: &Session, args: &Install) -> Result<Exit> {
    let objects = manifests::objects(args.image.as_deref())?;
    apply::all(session, &objects, args.quiet).await?;
    let open = wait(args.timeout, async || {
        ready::missing(session, &objects).await
    })
    .await?;
    for line in &open {
        eprintln!("not ready: {line}");
    }
    if !open.is_empty() {
        return Ok(Exit::Partly);
    }
    if !args.quiet {
        let label = chaos_api::ENABLED_LABEL;
        eprintln!("netfault is ready; allow faults by `kubectl label namespace NAME {label}=true`");
    }
    Ok(Exit::Done)
}

pub(super) async fn uninstall(session: &Session, args: &Uninstall) -> Result<Exit> {
    let mut objects = manifests::objects(None)?;
    objects.reverse();
    remove::faults(session, args).await?;
    remove::workloads(session, &objects, args).await?;
    remove::rest(session, &objects, args).await?;
    let open = wait(args.timeout, async || remove::left(session, &objects).await).await?;
    for line in &open {
        eprintln!("still there: {line}");
    }
    if !open.is_empty() {
        return Ok(Exit::Partly);
    }
    if !args.quiet {
        eprintln!("nothing of netfault is left in the cluster");
    }
    Ok(Exit::Done)
}

/// Looks again and again until nothing is open, or the time is over; what is open then.
async fn wait(patience: Span, look: impl AsyncFn() -> Result<Vec<String>>) -> Result<Vec<String>> {
    let end = Instant::now() + Duration::from(patience);
    loop {
        let open = look().await?;
        if open.is_empty() || Instant::now() >= end {
            return Ok(open);
        }
        sleep(EVERY).await;
    }
}
