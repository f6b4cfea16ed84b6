//! NATS clients with their own reconnecting, which say what becomes of their connection.

mod collect;
mod publish;
mod stored;

use std::future::ready;
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

pub(crate) use self::collect::collect;
pub(crate) use self::publish::publish;
pub(crate) use self::stored::stored;

use crate::args::NatsClient;
use crate::line::{Said, say};

/// How often running totals are said.
const REPORT: Duration = Duration::from_millis(100);

/// How long an attempt to connect may take.
const CONNECT: Duration = Duration::from_secs(2);

/// A client, and what happens to its connection.
struct Connection {
    client: Client,
    events: UnboundedReceiver<Event>,
}

impl Connection {
    /// A client that goes on trying until it has a connection.
    async fn open(args: &NatsClient) -> anyhow::Result<Self> {
        let (sender, events) = unbounded_channel();
        let wait = args.reconnect;
        let note = move |event| {
            // The receiver goes only with the process.
            _ = sender.send(event);
            ready(())
        };
        let client = ConnectOptions::new()
            .name(&args.name)
            .ping_interval(args.ping)
            .connection_timeout(CONNECT)
            .reconnect_delay_callback(move |_| wait)
            .retry_on_initial_connect()
            .event_callback(note)
            .connect(&args.server)
            .await?;
        Ok(Self { client, events })
    }

    /// Says what happens to the connection, and every `REPORT` what `totals` says.
    async fn watch(mut self, mut totals: impl FnMut()) -> anyhow::Result<()> {
        let mut clock = tokio::time::interval(REPORT);
        loop {
            tokio::select! {
                _ = clock.tick() => totals(),
                Some(event) = self.events.recv() => self.tell(&event),
            }
        }
    }

    fn tell(&self, event: &Event) {
        say(match event {
            Event::Connected => Said::Connected {
                client: self.client.server_info().client_id,
            },
            Event::Disconnected => Said::Disconnected,
            other => Said::Problem {
                text: other.to_string(),
            },
        });
    }
}
