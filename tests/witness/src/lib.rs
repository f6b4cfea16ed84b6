//! The applications of the cluster suite in one small program: publishers and subscribers, HTTP
//! servers and clients, idle connections, sidecars, name look-ups.
//!
//! Each says what it sees on standard output, one JSON [`Line`] at a time, with the time of the one
//! clock that all pods and the test share.
#![forbid(unsafe_code)]

mod args;
mod clock;
mod forward;
mod http;
mod line;
mod nats;
mod resolve;
mod tcp;

use std::process::ExitCode;

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

pub use clock::now;
pub use line::{Answered, Failure, Line, Said};

use crate::args::{Args, Role};

/// Plays the role that the command line names, until it is told to end.
pub fn run() -> ExitCode {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be made");
    let played = runtime.block_on(async {
        // The first process of a container gets no signal that it does not ask for.
        let mut end = signal(SignalKind::terminate()).expect("signals can be handled");
        tokio::select! {
            played = play(args.role) => played,
            _ = end.recv() => Ok(()),
        }
    });
    runtime.shutdown_background();
    match played {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn play(role: Role) -> anyhow::Result<()> {
    match role {
        Role::NatsPublish(args) => nats::publish(args).await,
        Role::NatsCollect(args) => nats::collect(args).await,
        Role::NatsStored(args) => nats::stored(args).await,
        Role::HttpServe(args) => http::serve(args).await,
        Role::HttpPoll(args) => http::poll(args).await,
        Role::TcpHold(args) => tcp::hold(args).await,
        Role::Forward(args) => forward::forward(args).await,
        Role::Resolve(args) => resolve::resolve(args).await,
    }
}
