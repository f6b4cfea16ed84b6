//! Many connections at once, and which of them still carry bytes.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use chaos_tests::bed::Host;
use chaos_tests::bed::tcp::{Connection, Wire};
use rustix::net::sockopt::{Timeout, set_socket_timeout};

/// How long a handshake may take that nothing hits; one that is hit fails after it.
const HANDSHAKE: Duration = Duration::from_millis(200);

/// How long bytes may take that nothing hits.
const SOON: Duration = Duration::from_secs(8);

/// Connections that one thread of churn has open, and how many at the end.
const WINDOW: usize = 40;
const MOST: usize = 300;

/// The phases of churn: the oldest goes, the oldest of this phase goes, none goes, it ends.
pub(crate) const BEFORE: u8 = 0;
pub(crate) const DURING: u8 = 1;
pub(crate) const AFTER: u8 = 2;
pub(crate) const OVER: u8 = 3;

/// A connection, or an attempt at one, and when it was made.
pub(crate) struct Dialled {
    pub(crate) begun: Instant,
    pub(crate) complete: Instant,
    /// Absent where the attempt failed.
    pub(crate) open: Option<Connection>,
}

/// A listener and who dials it, each on its own host.
pub(crate) struct Line {
    listener: TcpListener,
    target: SocketAddr,
}

impl Line {
    /// Listens on a host, on a port of the kernel's choice.
    pub(crate) fn to(host: &Host, wire: Wire) -> Self {
        let listener = host.enter(|| TcpListener::bind((wire.any(), 0)));
        let listener = listener.expect("a port is free");
        set_socket_timeout(&listener, Timeout::Recv, Some(HANDSHAKE)).expect("a short time");
        let port = listener.local_addr().expect("it is bound").port();
        let target = SocketAddr::new(wire.address_of(host), port);
        Self { listener, target }
    }

    /// Opens connections from a host, one after the other.
    pub(crate) fn dial_many(&self, from: &Host, count: usize) -> Vec<Dialled> {
        from.enter(|| (0..count).map(|_| self.dial()).collect())
    }

    /// Opens a connection from the calling thread's namespace, and accepts it.
    fn dial(&self) -> Dialled {
        let begun = Instant::now();
        let client = TcpStream::connect_timeout(&self.target, HANDSHAKE).ok();
        let complete = Instant::now();
        let accept = |client: TcpStream| {
            let own = client.local_addr().ok()?.port();
            loop {
                // One that was given up earlier may be accepted first.
                let (server, peer) = self.listener.accept().ok()?;
                if peer.port() == own {
                    return Some(Connection { client, server });
                }
            }
        };
        Dialled {
            begun,
            complete,
            open: client.and_then(accept),
        }
    }

    /// Opens and closes connections in the ways of the phases; those that it has open at the end, and
    /// the attempts that failed.
    pub(crate) fn churn(&self, from: &Host, phase: &AtomicU8) -> Vec<Dialled> {
        let (mut open, mut failed) = (Vec::new(), Vec::new());
        from.enter(|| {
            loop {
                match phase.load(Ordering::Relaxed) {
                    BEFORE if open.len() > WINDOW => drop(open.remove(0)),
                    DURING if open.len() > 2 * WINDOW => drop(open.remove(WINDOW)),
                    AFTER if open.len() > MOST => thread::sleep(Duration::from_millis(1)),
                    OVER => break,
                    _ => {}
                }
                let dialled = self.dial();
                if dialled.open.is_none() {
                    failed.push(dialled);
                } else if open.len() <= MOST {
                    open.push(dialled);
                }
            }
        });
        open.into_iter().chain(failed).collect()
    }
}

/// Sends a byte each way on each connection: whether both arrive. It ends as soon as `expected` of
/// them have; a connection on which one arrives and the other does not is a panic.
pub(crate) fn reached(dialled: &[Dialled], expected: usize) -> Vec<bool> {
    let mut arrived = vec![[false; 2]; dialled.len()];
    for open in dialled.iter().filter_map(|one| one.open.as_ref()) {
        for mut end in open.ends() {
            end.set_nonblocking(true).expect("it is a socket");
            // One that was reset says so.
            let _ = end.write(b"x");
        }
    }
    let until = Instant::now() + SOON;
    let both = |arrived: &[[bool; 2]]| arrived.iter().filter(|both| **both == [true; 2]).count();
    loop {
        for (known, one) in arrived.iter_mut().zip(dialled) {
            let Some(open) = &one.open else { continue };
            for (known, mut end) in known.iter_mut().zip(open.ends()) {
                *known = *known || matches!(end.read(&mut [0; 8]), Ok(1..));
            }
        }
        if both(&arrived) >= expected || Instant::now() >= until {
            break;
        }
    }
    assert!(
        arrived.iter().all(|[client, server]| client == server),
        "one way only"
    );
    arrived.iter().map(|both| *both == [true; 2]).collect()
}
