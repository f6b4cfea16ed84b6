//! A listening socket on a host, and connections made to it.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use super::super::topology::Host;
use super::super::wait::eventually;
use super::{ANSWER, Connection, Wire};

/// A listening socket; it goes on listening while its connections are cut.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    target: SocketAddr,
}

impl Listener {
    /// Listens on a host; port 0 lets the kernel choose.
    pub fn on(host: &Host, wire: Wire, port: u16) -> Self {
        // A child that is being spawned holds copies of closed sockets until it has become itself.
        let bind = || host.enter(|| TcpListener::bind((wire.any(), port)).ok());
        let socket = eventually("the port is free", ANSWER, bind);
        socket
            .set_nonblocking(true)
            .expect("a listener can be non-blocking");
        let port = socket
            .local_addr()
            .expect("a bound socket has an address")
            .port();
        Self {
            socket,
            target: SocketAddr::new(wire.address_of(host), port),
        }
    }

    /// Where clients connect to.
    pub fn target(&self) -> SocketAddr {
        self.target
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.target.port()
    }

    /// Connects from a host and accepts that very connection.
    #[track_caller]
    pub fn accept_from(&self, host: &Host) -> Connection {
        let client = self
            .attempt_from(host, ANSWER)
            .expect("the listener can be reached");
        let address = client
            .local_addr()
            .expect("a connected socket has an address");
        let server = eventually("the connection is accepted", ANSWER, || self.take(address));
        server
            .set_nonblocking(false)
            .expect("a stream can be blocking");
        Connection { client, server }
    }

    /// Opens `count` connections from a host, one after the other, from a single thread.
    pub fn accept_many(&self, host: &Host, count: usize) -> Vec<Connection> {
        let connect = || TcpStream::connect_timeout(&self.target, ANSWER);
        let dial = || {
            (0..count)
                .map(|_| connect().expect("it listens"))
                .collect::<Vec<_>>()
        };
        std::thread::scope(|scope| {
            let clients = scope.spawn(|| host.enter(dial));
            let servers: Vec<_> = (0..count).map(|_| self.take_any()).collect();
            pair_up(clients.join().expect("all attempts succeed"), servers)
        })
    }

    /// Tries to connect from a host.
    pub fn attempt_from(&self, host: &Host, limit: Duration) -> Result<TcpStream, ErrorKind> {
        let outcome = host.enter(|| TcpStream::connect_timeout(&self.target, limit));
        outcome.map_err(|error| error.kind())
    }

    fn take(&self, client: SocketAddr) -> Option<TcpStream> {
        let accepted = |(stream, peer)| (same(peer, client)).then_some(stream);
        self.accept().and_then(accepted)
    }

    /// Accepts the next connection, whoever opened it.
    pub(crate) fn take_any(&self) -> TcpStream {
        let (stream, _) = eventually("a connection to accept", ANSWER, || self.accept());
        stream
            .set_nonblocking(false)
            .expect("a stream can be blocking");
        stream
    }

    fn accept(&self) -> Option<(TcpStream, SocketAddr)> {
        match self.socket.accept() {
            Ok(accepted) => Some(accepted),
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            Err(error) => panic!("accept: {error}"),
        }
    }
}

fn pair_up(clients: Vec<TcpStream>, servers: Vec<TcpStream>) -> Vec<Connection> {
    let port = |address: io::Result<SocketAddr>| address.expect("connected").port();
    let mut servers: std::collections::HashMap<u16, TcpStream> = servers
        .into_iter()
        .map(|server| (port(server.peer_addr()), server))
        .collect();
    let mut own_server = |client: &TcpStream| servers.remove(&port(client.local_addr()));
    let join = |client| {
        let server = own_server(&client).expect("every client was accepted");
        Connection { client, server }
    };
    clients.into_iter().map(join).collect()
}

/// Whether two addresses are the same, mapped or not.
fn same(left: SocketAddr, right: SocketAddr) -> bool {
    let plain =
        |address: SocketAddr| -> (IpAddr, u16) { (address.ip().to_canonical(), address.port()) };
    plain(left) == plain(right)
}
