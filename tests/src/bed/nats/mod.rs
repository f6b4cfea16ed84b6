//! NATS clients as applications use them: async-nats with its own reconnecting, each on a thread
//! in a namespace, used from tests without async.

mod jetstream;
mod numbered;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use async_nats::{Client, ConnectOptions, Event};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

pub use jetstream::JetStreamPublisher;
pub use numbered::{Publisher, Subscription};

use super::topology::Host;
use super::wait::{eventually, within};

/// How long an operation on a healthy connection may take.
const ANSWER: Duration = Duration::from_secs(5);
/// The wait between two attempts to reconnect.
pub const RECONNECT_WAIT: Duration = Duration::from_millis(250);
/// How many pings async-nats leaves unanswered: at the next one it gives the connection up.
pub const ALLOWED_PINGS: u32 = 2;

/// What happened to a client's connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// It has a connection.
    Connected,
    /// It has lost its connection.
    Disconnected,
    /// Anything else, in the client's words.
    Other(String),
}

type Log = Arc<Mutex<Vec<(Instant, Happening)>>>;

/// A client; dropping it closes its connection.
#[derive(Debug)]
pub struct NatsClient {
    client: Client,
    runtime: Handle,
    log: Log,
    close: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl NatsClient {
    /// Connects from a host under a name, with async-nats' own ping interval of a minute.
    #[track_caller]
    pub fn connect(from: &Host, to: SocketAddr, name: &str) -> Self {
        Self::connect_pinging(from, to, name, Duration::from_mins(1))
    }

    /// Connects from a host under a name, pinging at this interval.
    #[track_caller]
    pub fn connect_pinging(from: &Host, to: SocketAddr, name: &str, pings: Duration) -> Self {
        let log = Log::default();
        let options = options(name, &log).ping_interval(pings);
        let (ready, connected) = mpsc::channel();
        let (close, closed) = oneshot::channel();
        let thread = from.thread(name, move || {
            let runtime = Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("a runtime can be made");
            let handle = runtime.handle().clone();
            runtime.block_on(async move {
                let client = options.connect(to.to_string()).await;
                ready.send((client, handle)).expect("the test waits for it");
                drop(closed.await);
            });
            runtime.shutdown_timeout(Duration::from_secs(1));
        });
        let (client, runtime) = connected
            .recv_timeout(ANSWER * 2)
            .expect("an answer from NATS");
        let client = client.unwrap_or_else(|error| panic!("{name} to {to}: {error}"));
        Self {
            client,
            runtime,
            log,
            close: Some(close),
            thread: Some(thread),
        }
    }

    /// The id the server gave the current connection.
    pub fn connection_id(&self) -> u64 {
        self.client.server_info().client_id
    }

    /// What has happened to the connection since the start.
    pub fn happenings(&self) -> Vec<(Instant, Happening)> {
        self.log.lock().expect("no thread panics with it").clone()
    }

    /// How often the connection was lost.
    pub fn disconnects(&self) -> usize {
        let happenings = self.happenings();
        happenings
            .iter()
            .filter(|(_, what)| *what == Happening::Disconnected)
            .count()
    }

    /// Waits for something to happen after `since`; gives the time it took.
    #[track_caller]
    pub fn await_happening(&self, what: &Happening, since: Instant, limit: Duration) -> Duration {
        let goal = format!("{what:?}");
        let at = eventually(&goal, limit, || {
            let mut all = self.happenings().into_iter();
            all.find(|(at, own)| *at >= since && own == what)
                .map(|(at, _)| at)
        });
        at.duration_since(since)
    }

    /// Sends everything that is buffered and waits until the server has taken it.
    pub fn flush(&self, limit: Duration) -> Result<(), String> {
        let client = self.client.clone();
        let flush = async move {
            match tokio::time::timeout(limit, client.flush()).await {
                Ok(flushed) => flushed.map_err(|error| error.to_string()),
                Err(_) => Err("no flush in time".to_owned()),
            }
        };
        self.run(flush, limit)
    }

    /// Publishes one message; it is buffered while there is no connection.
    pub fn publish(&self, subject: &str, payload: &str) -> Result<(), String> {
        let (client, subject, payload) =
            (self.client.clone(), subject.to_owned(), payload.to_owned());
        let publish = async move { client.publish(subject, payload.into()).await };
        self.run(publish, ANSWER).map_err(|error| error.to_string())
    }

    /// Runs a future on the client's thread and waits for what it gives.
    #[track_caller]
    fn run<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
        limit: Duration,
    ) -> T {
        let (give, take) = mpsc::channel();
        self.runtime
            .spawn(async move { drop(give.send(future.await)) });
        take.recv_timeout(limit + ANSWER)
            .expect("the client's thread answers")
    }
}

impl Drop for NatsClient {
    fn drop(&mut self) {
        drop(self.close.take());
        let Some(thread) = self.thread.take() else {
            return;
        };
        if within(ANSWER, || thread.is_finished().then_some(())).is_some() {
            drop(thread.join());
        }
    }
}

fn options(name: &str, log: &Log) -> ConnectOptions {
    let log = Arc::clone(log);
    let note = move |event: Event| {
        let happening = match event {
            Event::Connected => Happening::Connected,
            Event::Disconnected => Happening::Disconnected,
            other => Happening::Other(other.to_string()),
        };
        log.lock()
            .expect("no thread panics with it")
            .push((Instant::now(), happening));
        std::future::ready(())
    };
    ConnectOptions::new()
        .name(name)
        .connection_timeout(Duration::from_secs(2))
        .reconnect_delay_callback(|_| RECONNECT_WAIT)
        .event_callback(note)
}
