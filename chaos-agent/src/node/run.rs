//! The process from its start to its end.

use std::{
    sync::{Arc, mpsc},
    time::Duration,
};

use anyhow::{Context, Result};
use chaos_plan::Report;
use tokio::{
    runtime,
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
    time::timeout,
};
use tracing_subscriber::EnvFilter;

use super::{
    Args, api,
    executor::{self, Command, Tools},
    health::Health,
    http,
    intake::Intake,
    ledger::Ledger,
    metrics::Metrics,
    socket::Seat,
};
use crate::{
    doctor,
    holder::{RunDir, die_on_panic},
};

/// What is logged unless `RUST_LOG` says otherwise. The client's errors are told by those who ask.
const LOG: &str = "info,kube_client=off,kube_runtime=off";

/// How long the last report may take.
const LAST_REPORT: Duration = Duration::from_secs(2);

/// Runs the agent until it is told to end.
pub fn run(args: &Args) -> Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOG));
    let log = tracing_subscriber::fmt().with_writer(std::io::stderr);
    log.with_env_filter(filter).init();
    die_on_panic();
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    runtime
        .context("cannot start a runtime")?
        .block_on(serve(args))
}

async fn serve(args: &Args) -> Result<()> {
    let mut ends = Ends::new()?;
    let run_dir = RunDir::of_env();
    let seat = Seat::take(&run_dir)?;
    let (health, metrics) = (Arc::new(Health::new(&doctor::quick())), Metrics::new());
    http::serve(args.listen, Arc::clone(&health), metrics.clone()).await?;
    let clock = api::Clock::default();
    let client = api::connect(&clock).await?;
    let before = tokio::select! {
        before = api::previous(&client, &args.node, &metrics) => before,
        () = ends.wait() => return Ok(()),
    };
    let acknowledged = before.acknowledged();
    let report = Report::from_text(&before.report).unwrap_or_else(|error| {
        tracing::warn!("the last report cannot be read, and is begun anew: {error}");
        Report::default()
    });
    let (commands, orders) = mpsc::channel();
    let (tell, accounts) = watch::channel(None);
    let tools = Tools {
        clock: clock.clone(),
        health: Arc::clone(&health),
        metrics: metrics.clone(),
        run_dir,
    };
    let ledger = Ledger::restored(acknowledged.clone(), report);
    executor::start(tools, ledger, orders, tell).context("cannot start the executor")?;
    seat.listen(commands.clone())?;
    tokio::spawn(api::plans(
        client.clone(),
        args.node.clone(),
        Intake::after(acknowledged),
        commands.clone(),
        Arc::clone(&health),
        metrics.clone(),
    ));
    let halted = (commands.clone(), Arc::clone(&health), metrics.clone());
    tokio::spawn(api::halts(client.clone(), halted.0, halted.1, halted.2));
    let reporter = api::Reporter {
        client,
        node: args.node.clone(),
        clock,
        health,
        metrics,
        ready: before.ready().cloned(),
    };
    let mut reporting = tokio::spawn(reporter.run(accounts));
    tracing::info!(
        "netfault-agent {} on {}",
        env!("CARGO_PKG_VERSION"),
        args.node
    );
    ends.wait().await;
    leave(&commands, &mut reporting).await;
    Ok(())
}

/// Ends all faults and says so, as long as the API server takes it in time.
async fn leave(commands: &mpsc::Sender<Command>, reporting: &mut tokio::task::JoinHandle<()>) {
    tracing::info!("told to end: all faults end");
    // An executor that is gone holds nothing.
    let _ = commands.send(Command::Leave);
    if timeout(LAST_REPORT, reporting).await.is_err() {
        tracing::warn!("the last report was not taken in time");
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
