//! Raw TCP peers: both ends of a connection in the test's hands.

mod bulk;
mod diag;
mod listener;

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpStream};
use std::time::Duration;

pub use bulk::{Bulk, BulkEnd};
pub use diag::{CongestionState, TcpInfo, count_of_sockets, tcp_info};
pub use listener::Listener;

use super::topology::{Host, Pair};

/// How long a live peer may take to answer on an idle machine, with room for a busy one.
const ANSWER: Duration = Duration::from_secs(5);

/// How the sockets name each other, which decides what the kernel calls their family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// IPv4 sockets.
    V4,
    /// IPv6 sockets.
    V6,
    /// IPv6 sockets that speak IPv4: `::ffff:a.b.c.d` (RFC 4291 section 2.5.5.2).
    V4Mapped,
}

impl Wire {
    /// Every way, for tests that promise all of them.
    pub const ALL: [Self; 3] = [Self::V4, Self::V6, Self::V4Mapped];

    /// The address a listener binds.
    pub fn any(self) -> IpAddr {
        match self {
            Self::V4 => Ipv4Addr::UNSPECIFIED.into(),
            Self::V6 | Self::V4Mapped => Ipv6Addr::UNSPECIFIED.into(),
        }
    }

    /// The address to connect to for `host`.
    pub fn address_of(self, host: &Host) -> IpAddr {
        match self {
            Self::V4 => host.v4().into(),
            Self::V6 => host.v6().into(),
            Self::V4Mapped => host.v4_mapped().into(),
        }
    }
}

/// An established connection, both ends held.
#[derive(Debug)]
pub struct Connection {
    /// The end that connected.
    pub client: TcpStream,
    /// The end that accepted.
    pub server: TcpStream,
}

impl Connection {
    /// One connection from the pair's client to a fresh listener on its server.
    pub fn open(pair: &Pair, wire: Wire) -> Self {
        Listener::on(&pair.server, wire, 0).accept_from(&pair.client)
    }

    /// Both ends, the client's first.
    pub fn ends(&self) -> [&TcpStream; 2] {
        [&self.client, &self.server]
    }

    /// The server's port.
    pub fn port(&self) -> u16 {
        self.server
            .local_addr()
            .expect("a connected socket has an address")
            .port()
    }

    /// Sends a byte each way and panics unless both arrive.
    #[track_caller]
    pub fn assert_alive(&self) {
        pass_a_byte(&self.client, &self.server).expect("client to server");
        pass_a_byte(&self.server, &self.client).expect("server to client");
    }

    /// Panics unless both ends see ECONNRESET within `limit`, without having sent anything.
    #[track_caller]
    pub fn assert_reset(&self, limit: Duration) {
        let errors = self.ends().map(|end| read_error(end, limit));
        assert_eq!(
            errors,
            [ErrorKind::ConnectionReset; 2],
            "what [client, server] saw"
        );
    }
}

/// Sends one byte from an end and takes it at the other.
pub fn pass_a_byte(mut from: &TcpStream, mut to: &TcpStream) -> io::Result<()> {
    from.write_all(b"x")?;
    to.set_read_timeout(Some(ANSWER))?;
    to.read_exact(&mut [0])
}

/// What a reader of the socket is told within `limit`: the error, `UnexpectedEof` for an orderly
/// end, `WouldBlock` for nothing at all. Data that is still queued is read and dropped first.
pub fn read_error(mut stream: &TcpStream, limit: Duration) -> ErrorKind {
    stream
        .set_read_timeout(Some(limit))
        .expect("a limit that is not zero can be set");
    let mut scratch = vec![0; 1 << 16];
    for _ in 0..1 << 20 {
        match stream.read(&mut scratch) {
            Ok(0) => return ErrorKind::UnexpectedEof,
            Ok(_) => (),
            Err(error) => return error.kind(),
        }
    }
    panic!("the peer never stopped sending");
}
