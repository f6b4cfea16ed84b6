//! The command line: one role for each kind of application.

use std::time::Duration;

use clap::{Parser, Subcommand};

/// Plays an application and says what it sees, a JSON line each.
#[derive(Parser)]
#[command(name = "witness", version)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) role: Role,
}

#[derive(Subcommand)]
pub(crate) enum Role {
    /// Publishes numbers from 0 on.
    NatsPublish(NatsPublish),
    /// Subscribes, and counts which numbers arrive.
    NatsCollect(NatsCollect),
    /// Lists the numbers that a stream holds.
    NatsStored(NatsStored),
    /// Answers HTTP requests: `/slow/MS` after that time, all others at once; `/bytes/COUNT` with so
    /// many bytes, all others with its name.
    HttpServe(HttpServe),
    /// Sends HTTP requests.
    HttpPoll(HttpPoll),
    /// Opens connections and leaves them idle.
    TcpHold(TcpHold),
    /// Passes on connections that the kernel redirects here, as the sidecar of a service mesh does.
    Forward(Forward),
    /// Looks a name up again and again.
    Resolve(Resolve),
}

/// How a NATS client connects.
#[derive(clap::Args)]
pub(crate) struct NatsClient {
    /// Where the server is, as host:port.
    #[arg(long)]
    pub(crate) server: String,
    /// What the server calls the connection.
    #[arg(long, env = "HOSTNAME")]
    pub(crate) name: String,
    /// The time between two pings.
    #[arg(long, value_name = "MS", value_parser = milliseconds, default_value = "60000")]
    pub(crate) ping: Duration,
    /// The time between two attempts to connect.
    #[arg(long, value_name = "MS", value_parser = milliseconds, default_value = "250")]
    pub(crate) reconnect: Duration,
}

#[derive(clap::Args)]
pub(crate) struct NatsPublish {
    #[command(flatten)]
    pub(crate) client: NatsClient,
    /// Where to.
    #[arg(long, env = "HOSTNAME")]
    pub(crate) subject: String,
    /// The time between two messages.
    #[arg(long, value_name = "MS", value_parser = milliseconds, default_value = "20")]
    pub(crate) pace: Duration,
    /// Store them in this stream, each after the one before was acknowledged or given up.
    #[arg(long)]
    pub(crate) stream: Option<String>,
    /// How long to wait for an acknowledgement.
    #[arg(long, value_name = "MS", value_parser = milliseconds, default_value = "1000")]
    pub(crate) patience: Duration,
}

#[derive(clap::Args)]
pub(crate) struct NatsCollect {
    #[command(flatten)]
    pub(crate) client: NatsClient,
    /// Which subjects.
    #[arg(long, default_value = ">")]
    pub(crate) subject: String,
}

#[derive(clap::Args)]
pub(crate) struct NatsStored {
    #[command(flatten)]
    pub(crate) client: NatsClient,
    /// The stream.
    #[arg(long)]
    pub(crate) stream: String,
}

#[derive(clap::Args)]
pub(crate) struct HttpServe {
    /// The port.
    #[arg(long, default_value_t = 8080)]
    pub(crate) port: u16,
    /// What it answers.
    #[arg(long, env = "HOSTNAME")]
    pub(crate) name: String,
}

#[derive(clap::Args)]
pub(crate) struct HttpPoll {
    /// Where the server is, as host:port.
    #[arg(long)]
    pub(crate) server: String,
    /// What to ask for.
    #[arg(long, default_value = "/")]
    pub(crate) path: String,
    /// The time between two requests of a connection.
    #[arg(long, value_name = "MS", value_parser = milliseconds, default_value = "100")]
    pub(crate) pace: Duration,
    /// How long a request may take, connecting included; a busy machine stands still for a while.
    #[arg(long, value_name = "MS", value_parser = milliseconds, default_value = "3000")]
    pub(crate) timeout: Duration,
    /// Keep so many connections; without it, each request has a connection of its own.
    #[arg(long, value_name = "COUNT")]
    pub(crate) keep_alive: Option<u16>,
    /// Without kept connections: so many requests at a time.
    #[arg(
        long,
        value_name = "COUNT",
        default_value_t = 1,
        conflicts_with = "keep_alive"
    )]
    pub(crate) lanes: u16,
    /// End with an error when a request fails, as programs do that expect none to.
    #[arg(long)]
    pub(crate) fragile: bool,
}

#[derive(clap::Args)]
pub(crate) struct TcpHold {
    /// Where to, as host:port.
    #[arg(long)]
    pub(crate) server: String,
    /// How many.
    #[arg(long, default_value_t = 1)]
    pub(crate) count: u16,
}

#[derive(clap::Args)]
pub(crate) struct Forward {
    /// The port that they are redirected to.
    #[arg(long, default_value_t = 15001)]
    pub(crate) port: u16,
}

#[derive(clap::Args)]
pub(crate) struct Resolve {
    /// The name.
    pub(crate) name: String,
    /// The time between two look-ups.
    #[arg(long, value_name = "MS", value_parser = milliseconds, default_value = "200")]
    pub(crate) pace: Duration,
    /// How long one may take.
    #[arg(long, value_name = "MS", value_parser = milliseconds, default_value = "2000")]
    pub(crate) timeout: Duration,
}

fn milliseconds(text: &str) -> Result<Duration, std::num::ParseIntError> {
    text.parse().map(Duration::from_millis)
}
