//! An HTTP client's pool of kept connections.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::super::topology::Host;

/// How long a client waits for an answer.
const ANSWER: Duration = Duration::from_secs(5);

/// Connections that are kept between requests, as an HTTP client's pool keeps them.
#[derive(Debug)]
pub struct HttpPool {
    connections: Vec<BufReader<TcpStream>>,
}

impl HttpPool {
    /// Opens `size` connections from a host and proves each with a request.
    #[track_caller]
    pub fn open(from: &Host, to: SocketAddr, size: usize) -> Self {
        let open = |_| connect(from, to).expect("the server can be reached");
        let mut pool = Self {
            connections: (0..size).map(open).collect(),
        };
        for index in 0..size {
            assert_eq!(pool.get(index, "/").expect("a new connection works"), 200);
        }
        pool
    }

    /// How many connections it has.
    pub fn size(&self) -> usize {
        self.connections.len()
    }

    /// The connection of that index.
    pub fn stream(&self, index: usize) -> &TcpStream {
        self.connections[index].get_ref()
    }

    /// Sends a request on a connection and gives the answer's status.
    pub fn get(&mut self, index: usize, path: &str) -> io::Result<u16> {
        self.send(index, path)?;
        self.receive(index)
    }

    /// Sends a request on a connection.
    pub fn send(&mut self, index: usize, path: &str) -> io::Result<()> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: bed\r\n\r\n");
        self.connections[index]
            .get_mut()
            .write_all(request.as_bytes())
    }

    /// Receives an answer on a connection and gives its status.
    pub fn receive(&mut self, index: usize) -> io::Result<u16> {
        let reader = &mut self.connections[index];
        let (mut status, mut length) = (0, 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            if let Some(rest) = line.strip_prefix("HTTP/1.1 ") {
                status = rest[..3].parse().map_err(io::Error::other)?;
            } else if let Some(rest) = line.strip_prefix("Content-Length: ") {
                length = rest.trim_end().parse().map_err(io::Error::other)?;
            } else if line == "\r\n" {
                reader.read_exact(&mut vec![0; length])?;
                return Ok(status);
            }
        }
    }
}

/// One request on a new connection: its status.
pub fn get_once(from: &Host, to: SocketAddr, path: &str) -> io::Result<u16> {
    HttpPool {
        connections: vec![connect(from, to)?],
    }
    .get(0, path)
}

fn connect(from: &Host, to: SocketAddr) -> io::Result<BufReader<TcpStream>> {
    let stream = from.enter(|| TcpStream::connect_timeout(&to, ANSWER))?;
    stream.set_read_timeout(Some(ANSWER))?;
    stream.set_nodelay(true)?;
    Ok(BufReader::new(stream))
}
