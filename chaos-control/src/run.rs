//! The process: its parts, started and stopped in order.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use kube::client::ClientBuilder;
use kube::{Client, Config};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use crate::args::{Args, LogFormat};
use crate::clock::Clock;
use crate::control::Control;
use crate::lease::Elector;
use crate::shared::Shared;
use crate::tell::Teller;
use crate::{serve, watch as watches};

/// What is logged unless `RUST_LOG` says otherwise: the client's own errors are in ours.
const LOGGED: &str = "info,kube_client=off,rustls_platform_verifier=off";

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);

/// Runs the controller until SIGTERM or SIGINT.
pub async fn run(args: Args) -> Result<()> {
    log(args.log_format);
    let clock = Clock::default();
    let client = client(&clock).await?;
    let (namespace, identity) = (args.namespace.as_str(), args.identity());
    let shared = Arc::new(Shared::new(namespace, &watches::NAMES));
    let listener = serve::bind(args.listen).await?;
    let mut watching = watches::spawn(&client, namespace, &shared);
    let (elector, leadership) = Elector::new(client.clone(), namespace, &identity);
    let teller = Teller::new(client.clone(), &identity, shared.clone());
    let control = Control::new(
        client.clone(),
        clock.clone(),
        shared.clone(),
        teller,
        namespace,
        leadership,
    );
    let (stop_control, control_stopped) = watch::channel(false);
    let (stop_elector, elector_stopped) = watch::channel(false);
    let mut control = tokio::spawn(control.run(control_stopped));
    let mut elector = tokio::spawn(elector.run(elector_stopped));
    tokio::select! {
        signal = terminated() => signal?,
        served = serve::serve(listener, shared) => served?,
        ended = watching.join_next() => bail!("a watch ended: {ended:?}"),
        ended = &mut control => bail!("the loop ended: {ended:?}"),
        ended = &mut elector => bail!("the election ended: {ended:?}"),
        () = clock.sharpen(client) => {}
    }
    // The lease is given up when nothing is written any more.
    stop_control.send_replace(true);
    control.await?;
    stop_elector.send_replace(true);
    elector.await?;
    Ok(())
}

async fn client(clock: &Clock) -> Result<Client> {
    let mut config = Config::infer().await.context("no cluster is configured")?;
    config.connect_timeout = Some(CONNECT);
    Ok(ClientBuilder::try_from(config)?.with_layer(clock).build())
}

async fn terminated() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    Ok(())
}

fn log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOGGED));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}
