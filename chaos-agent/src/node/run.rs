//! The process from its start to its end.

use std::{
    io::{IsTerminal, stderr},
    process::ExitCode,
    sync::{Arc, mpsc::Sender},
    time::Duration,
};

use anyhow::{Context, Result};
use chaos_api::NodeReportStatus;
use chaos_plan::Report;
use tokio::{
    runtime,
    signal::unix::{Signal, SignalKind, signal},
    task::JoinHandle,
    time::timeout,
};
use tracing_subscriber::EnvFilter;

use super::{
    Args,
    api::{self, Reach},
    executor::{self, Command, Tools},
    health::Health,
    http,
    ledger::Ledger,
    mark::Mark,
    metrics::Metrics,
    socket::Seat,
};
use crate::{
    dataplane::Way,
    doctor,
    holder::{RunDir, die_on_panic},
    inventory::{Whose, boot_clock},
    leftovers,
};

/// What is logged unless `RUST_LOG` says otherwise. The client's errors are told by those who ask.
const LOG: &str = "info,kube_client=off,kube_runtime=off";

/// How long the last report may take.
const LAST_REPORT: Duration = Duration::from_secs(2);

/// Runs the agent until it is told to end; why it could not run is said on one line.
pub fn run(args: &Args) -> ExitCode {
    log();
    die_on_panic();
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start a runtime");
    match runtime.and_then(|runtime| runtime.block_on(serve(args))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn log() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOG));
    let log = tracing_subscriber::fmt()
        .with_writer(stderr)
        .with_target(false);
    log.with_ansi(stderr().is_terminal())
        .with_env_filter(filter)
        .init();
}

async fn serve(args: &Args) -> Result<()> {
    let mut ends = Ends::new()?;
    tokio::select! {
        agent = begin(args) => agent?.end_after(&mut ends).await,
        () = ends.wait() => {}
    }
    Ok(())
}

/// A running agent.
struct Agent {
    commands: Sender<Command>,
    reporting: JoinHandle<()>,
    _seat: Seat,
}

/// Starts an agent, once the API server has told what was reported before.
async fn begin(args: &Args) -> Result<Agent> {
    tracing::info!(
        "netfault-agent {} on {}",
        env!("CARGO_PKG_VERSION"),
        args.node
    );
    let (health, metrics) = (Arc::new(Health::new(&doctor::quick())), Metrics::new());
    http::serve(args.listen, Arc::clone(&health), metrics.clone()).await?;
    let run_dir = RunDir::of_env();
    let seat = Seat::take(&run_dir).await?;
    clean(&run_dir);
    let reach = Reach::connect(&args.node, health, metrics).await?;
    let before = api::previous(&reach).await;
    let (commands, reporting) = start(&reach, run_dir, before)?;
    seat.listen(commands.clone())?;
    Ok(Agent {
        commands,
        reporting,
        _seat: seat,
    })
}

/// Removes what an agent before this one has left in pods. With tcx there is nothing.
fn clean(run_dir: &RunDir) {
    if !matches!(Way::of_kernel(), Ok(Way::Clsact)) {
        return;
    }
    match leftovers::clean(run_dir, Whose::Pods) {
        Ok(cleaned) => {
            let removed = cleaned.found.iter();
            removed.for_each(|one| tracing::info!("removed what was left in {one}"));
            let failed = cleaned.failed.iter();
            failed.for_each(|why| tracing::warn!("something may be left in {why}"));
        }
        Err(error) => tracing::warn!("cannot look for what was left in pods: {error}"),
    }
}

/// Starts the executor with what was reported `before`, and all that speaks with it.
fn start(
    reach: &Reach,
    run_dir: RunDir,
    before: NodeReportStatus,
) -> Result<(Sender<Command>, JoinHandle<()>)> {
    let acknowledged = before.acknowledged();
    let mark = Mark::open(&run_dir.agent_mark()).context("cannot mark that faults are held")?;
    let now = boot_clock();
    let lost = mark.last(now).unwrap_or(now);
    let ledger = Ledger::restored(acknowledged.clone(), reported(&before), lost);
    let tools = Tools {
        clock: reach.clock.clone(),
        health: Arc::clone(&reach.health),
        metrics: reach.metrics.clone(),
        run_dir,
        mark,
    };
    let (commands, accounts) =
        executor::start(tools, ledger).context("cannot start the executor")?;
    tokio::spawn(api::sharpen(reach.clone()));
    tokio::spawn(api::plans(reach.clone(), acknowledged, commands.clone()));
    tokio::spawn(api::halts(reach.clone(), commands.clone()));
    let reporting = tokio::spawn(api::report(reach.clone(), before, accounts));
    Ok((commands, reporting))
}

fn reported(before: &NodeReportStatus) -> Report {
    Report::from_text(&before.report).unwrap_or_else(|error| {
        tracing::warn!("the last report is begun anew: {error}");
        Report::default()
    })
}

impl Agent {
    /// Once it is told to: ends all faults and says so, as long as the API server takes it in time.
    async fn end_after(self, ends: &mut Ends) {
        ends.wait().await;
        tracing::info!("told to end: all faults end");
        // An executor that is gone holds nothing.
        let _ = self.commands.send(Command::Leave);
        if timeout(LAST_REPORT, self.reporting).await.is_err() {
            tracing::warn!("the last report was not taken in time");
        }
    }
}

/// The signals that tell the process to end.
struct Ends {
    terminate: Signal,
    interrupt: Signal,
}

impl Ends {
    fn new() -> Result<Self> {
        let on = |kind| signal(kind).context("cannot take signals");
        Ok(Self {
            terminate: on(SignalKind::terminate())?,
            interrupt: on(SignalKind::interrupt())?,
        })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
