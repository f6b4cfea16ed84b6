//! nats-server, with its own account of its connections.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde::Deserialize;
use tempfile::TempDir;

use super::super::process::Process;
use super::super::tools::Tool;
use super::super::topology::Host;
use super::super::wait::eventually;
use super::{START, start};

const CLIENTS: u16 = 4222;
const MONITOR: u16 = 8222;

/// A running nats-server with `JetStream`, on its usual port.
#[derive(Debug)]
pub struct NatsServer<'host> {
    host: &'host Host,
    process: Process,
    _store: TempDir,
}

/// A connection as the server sees it (`/connz`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct NatsConnection {
    /// The id, never given twice.
    pub cid: u64,
    /// The name the client gave itself.
    #[serde(default)]
    pub name: String,
    /// The client's port.
    pub port: u16,
}

impl<'host> NatsServer<'host> {
    /// Starts the server on a host and waits until it answers.
    pub fn start(host: &'host Host) -> Self {
        let store = tempfile::tempdir().expect("a temporary directory can be made");
        let mut command = Tool::expect("nats-server").command();
        command.args([
            "-a",
            "::",
            "-p",
            &CLIENTS.to_string(),
            "-m",
            &MONITOR.to_string(),
            "-js",
        ]);
        command.arg("-sd").arg(store.path());
        let process = start(host, &mut command, &store.path().join("log"));
        let server = Self {
            host,
            process,
            _store: store,
        };
        eventually("nats-server is ready", START, || server.try_get("/healthz"));
        server
    }

    /// Where clients connect to, over IPv4.
    pub fn address(&self) -> SocketAddr {
        (self.host.v4(), CLIENTS).into()
    }

    /// The port clients connect to.
    pub fn port(&self) -> u16 {
        CLIENTS
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// The open connections.
    pub fn connections(&self) -> Vec<NatsConnection> {
        #[derive(Deserialize)]
        struct Connz {
            connections: Vec<NatsConnection>,
        }
        let body = eventually("nats-server answers", START, || self.try_get("/connz"));
        serde_json::from_str::<Connz>(&body)
            .expect("/connz is JSON")
            .connections
    }

    /// The connection of the client with that name, if it has one.
    pub fn connection_of(&self, name: &str) -> Option<NatsConnection> {
        self.connections()
            .into_iter()
            .find(|connection| connection.name == name)
    }

    /// One HTTP/1.0 request to the monitoring port over the host's loopback.
    fn try_get(&self, path: &str) -> Option<String> {
        let mut stream = self
            .host
            .enter(|| TcpStream::connect(("127.0.0.1", MONITOR)))
            .ok()?;
        stream.set_read_timeout(Some(START)).ok()?;
        stream
            .write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes())
            .ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        head.split_once(' ')?
            .1
            .starts_with("200")
            .then(|| body.to_owned())
    }
}
