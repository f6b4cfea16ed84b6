//! redis-server, and a client that speaks just enough of its protocol.

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::time::Duration;

use tempfile::TempDir;

use super::super::process::Process;
use super::super::tools::Tool;
use super::super::topology::Host;
use super::super::wait::eventually;
use super::{START, start};

const PORT: u16 = 6379;

/// A running redis-server without persistence.
#[derive(Debug)]
pub struct RedisServer {
    process: Process,
    _directory: TempDir,
}

impl RedisServer {
    /// Starts the server on a host and waits until it answers.
    pub fn start(host: &Host) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let mut command = Tool::expect("redis-server").command();
        // One binary serves several names and looks at what it was called.
        command
            .arg0("redis-server")
            .arg("--dir")
            .arg(directory.path());
        command.args(["--port", &PORT.to_string(), "--bind", "0.0.0.0", "::"]);
        command.args(["--protected-mode", "no", "--save", "", "--appendonly", "no"]);
        let process = start(host, &mut command, &directory.path().join("log"));
        let own = SocketAddr::from(([127, 0, 0, 1], PORT));
        let ready = || RedisClient::dial(host, own).ok()?.call(&["PING"]).ok();
        eventually("redis-server is ready", START, ready);
        Self {
            process,
            _directory: directory,
        }
    }

    /// The port.
    pub fn port(&self) -> u16 {
        PORT
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }
}

/// One connection to redis-server.
#[derive(Debug)]
pub struct RedisClient {
    stream: TcpStream,
}

impl RedisClient {
    /// Connects from a host to a server's address.
    pub fn connect(from: &Host, to: IpAddr) -> io::Result<Self> {
        Self::dial(from, SocketAddr::new(to, PORT))
    }

    fn dial(from: &Host, to: SocketAddr) -> io::Result<Self> {
        let limit = Duration::from_secs(2);
        let stream = from.enter(|| TcpStream::connect_timeout(&to, limit))?;
        stream.set_read_timeout(Some(limit))?;
        Ok(Self { stream })
    }

    /// Sends a command and gives the first line of the answer, without its end of line.
    pub fn call(&mut self, words: &[&str]) -> io::Result<String> {
        self.send(words)?;
        self.read_line()
    }

    /// Sends a command.
    pub fn send(&mut self, words: &[&str]) -> io::Result<()> {
        let bulk = |word: &&str| format!("${}\r\n{word}\r\n", word.len());
        let bulks: String = words.iter().map(bulk).collect();
        let request = format!("*{}\r\n{bulks}", words.len());
        self.stream.write_all(request.as_bytes())
    }

    /// The connection.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    fn read_line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            let mut byte = [0];
            self.stream.read_exact(&mut byte)?;
            line.push(byte[0]);
        }
        line.truncate(line.len() - 2);
        String::from_utf8(line).map_err(io::Error::other)
    }
}
