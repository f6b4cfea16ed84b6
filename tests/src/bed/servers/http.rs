//! A keep-alive HTTP/1.1 server on threads of its own, which notes how connections ended.

use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::net::{Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::super::topology::Host;

/// How often threads look whether they should end.
const LOOK: Duration = Duration::from_millis(20);

/// How a connection ended, as the server saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// The client's port.
    pub client_port: u16,
    /// The error; `UnexpectedEof` for an orderly end.
    pub error: ErrorKind,
    /// When the server noticed.
    pub at: Instant,
}

#[derive(Debug, Default)]
struct Shared {
    stopping: AtomicBool,
    ended: Mutex<Vec<Ended>>,
    open: Mutex<usize>,
    gate: Mutex<Gate>,
    gate_moved: Condvar,
}

/// Requests for `/held` wait here.
#[derive(Debug, Default)]
struct Gate {
    waiting: usize,
    open: bool,
}

/// The server. `/` is answered at once; `/held` when [`HttpServer::release`] is called.
#[derive(Debug)]
pub struct HttpServer {
    target: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

impl HttpServer {
    /// Listens on a host, both families.
    pub fn start(host: &Host) -> Self {
        let listener = host.enter(|| TcpListener::bind((Ipv6Addr::UNSPECIFIED, 0)));
        let listener = listener.expect("a port is free in a new namespace");
        listener
            .set_nonblocking(true)
            .expect("a listener can be non-blocking");
        let port = listener
            .local_addr()
            .expect("a bound socket has an address")
            .port();
        let shared = Arc::new(Shared::default());
        let for_acceptor = Arc::clone(&shared);
        let acceptor = host.thread("http", move || accept_all(&listener, &for_acceptor));
        Self {
            target: (host.v4(), port).into(),
            shared,
            acceptor: Some(acceptor),
        }
    }

    /// Where clients connect to.
    pub fn target(&self) -> SocketAddr {
        self.target
    }

    /// How connections ended so far.
    pub fn ended(&self) -> Vec<Ended> {
        lock(&self.shared.ended).clone()
    }

    /// How many connections are open.
    pub fn open(&self) -> usize {
        *lock(&self.shared.open)
    }

    /// How many requests for `/held` wait for their answer.
    pub fn held(&self) -> usize {
        lock(&self.shared.gate).waiting
    }

    /// Answers the requests that are held, and all later ones at once.
    pub fn release(&self) {
        lock(&self.shared.gate).open = true;
        self.shared.gate_moved.notify_all();
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::Relaxed);
        self.shared.gate_moved.notify_all();
        if let Some(acceptor) = self.acceptor.take() {
            drop(acceptor.join());
        }
    }
}

fn accept_all(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut connections = Vec::new();
    while !shared.stopping.load(Ordering::Relaxed) {
        match listener.accept() {
            Ok((stream, peer)) => {
                let shared = Arc::clone(shared);
                connections.push(thread::spawn(move || serve(stream, peer.port(), &shared)));
            }
            Err(_) => thread::sleep(LOOK / 4),
        }
    }
    for connection in connections {
        drop(connection.join());
    }
}

fn serve(stream: TcpStream, client_port: u16, shared: &Shared) {
    *lock(&shared.open) += 1;
    let error = serve_requests(stream, shared)
        .map_or_else(|error| error.kind(), |()| ErrorKind::UnexpectedEof);
    *lock(&shared.open) -= 1;
    let ended = Ended {
        client_port,
        error,
        at: Instant::now(),
    };
    lock(&shared.ended).push(ended);
}

fn serve_requests(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(LOOK))?;
    let mut reader = BufReader::new(stream);
    while let Some(path) = read_request(&mut reader, shared)? {
        if path == "/held" {
            wait_at_gate(reader.get_ref(), shared)?;
        }
        let body = format!("you asked for {path}\n");
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        reader.get_mut().write_all((head + &body).as_bytes())?;
    }
    Ok(())
}

/// Reads a request's head and gives its path; `None` at the end of the stream.
fn read_request(reader: &mut BufReader<TcpStream>, shared: &Shared) -> io::Result<Option<String>> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        match reader.read_line(&mut head) {
            Ok(0) => return Ok(None),
            Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
            Err(_) if shared.stopping.load(Ordering::Relaxed) => return Ok(None),
            Ok(_) | Err(_) => (),
        }
    }
    Ok(head.split(' ').nth(1).map(str::to_owned))
}

/// Waits until the gate opens, or the connection breaks: a server that works on an answer is told
/// of the reset by its event loop.
fn wait_at_gate(stream: &TcpStream, shared: &Shared) -> io::Result<()> {
    let mut gate = lock(&shared.gate);
    gate.waiting += 1;
    let mut broken = None;
    while !gate.open && broken.is_none() && !shared.stopping.load(Ordering::Relaxed) {
        let woken = shared.gate_moved.wait_timeout(gate, LOOK);
        gate = woken.expect("no thread panics with it").0;
        broken = stream.take_error()?;
    }
    gate.waiting -= 1;
    broken.map_or(Ok(()), Err)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no thread panics with it")
}
