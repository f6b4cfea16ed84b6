//! Cluster mode: the verbs in a cluster, a file each, and what they share.

mod bring;
mod create;
mod doctor;
mod edit;
mod errors;
mod flows;
mod halt;
mod inject;
mod install;
mod list;
mod object;
mod peers;
mod plan;
mod pods;
mod progress;
mod report;
mod run;
mod session;
mod signals;
mod stand;
mod status;
mod stop;
mod text;
mod watch;

use anyhow::{Context, Result};

pub(crate) use install::print_manifests;
use session::Session;

use crate::{args::Verb, exit::Exit, mode::Cluster};

/// Does a verb in a cluster.
pub(crate) fn dispatch(cluster: Cluster, verb: Verb) -> Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the client")?;
    runtime.block_on(async {
        let session = Session::open(cluster).await?;
        Box::pin(perform(&session, verb)).await
    })
}

async fn perform(session: &Session, verb: Verb) -> Result<Exit> {
    match verb {
        Verb::Inject(args) => inject::inject(session, &args).await,
        Verb::Run(args) => Box::pin(run::run(session, &args)).await,
        Verb::Plan(args) => plan::plan(session, &args).await,
        Verb::Flows(args) => flows::flows(session, &args).await,
        Verb::List(args) => list::list(session, &args).await,
        Verb::Status(args) => status::status(session, &args).await,
        Verb::Report(args) => report::report(session, &args).await,
        Verb::Stop(args) if args.all => halt::stop_all(session, &args).await,
        Verb::Stop(args) => stop::stop(session, &args).await,
        Verb::Resume(args) => halt::resume(session, &args).await,
        Verb::Edit(args) => edit::edit(session, &args).await,
        Verb::Doctor(args) => doctor::doctor(session, &args).await,
        Verb::Install(args) => install::install(session, &args).await,
        Verb::Uninstall(args) => install::uninstall(session, &args).await,
        Verb::Completion { .. } | Verb::Version | Verb::Replay(_) | Verb::Hold(_) => Ok(Exit::Done),
    }
}
