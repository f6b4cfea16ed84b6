//! Many idle connections between two hosts.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sched::{CloneFlags, unshare};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::process::{Resource, getrlimit};

use crate::bed::{Namespace, Pair};

/// The servers' ports; several, so that the clients' ports do not run short.
pub(crate) const PORTS: [u16; 4] = [7000, 7001, 7002, 7003];

/// How long a handshake, or the news of a reset, may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(5);

/// Descriptors that a process needs besides its connections.
const OTHERS: usize = 200;

/// Idle connections; dropping it closes them. The ends of each side belong to a thread with a
/// descriptor table of its own (unshare(2)): twice as many connections fit under the limit.
#[derive(Debug)]
pub(crate) struct Crowd {
    clients: Side,
    servers: Side,
}

/// How the connections of one side ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Ends {
    /// With ECONNRESET.
    pub(crate) reset: usize,
    /// With ECONNABORTED, as `SOCK_DESTROY` ends the socket it is aimed at.
    pub(crate) aborted: usize,
}

impl Ends {
    /// Those that ended, either way.
    pub(crate) fn dead(self) -> usize {
        self.reset + self.aborted
    }
}

impl Crowd {
    /// Whether this process may open that many.
    pub(crate) fn fits(count: usize) -> bool {
        let limit = getrlimit(Resource::Nofile).current;
        limit.is_none_or(|limit| (count + OTHERS) as u64 <= limit)
    }

    /// Opens connections from the pair's client to its server.
    pub(crate) fn open(pair: &Pair, count: usize) -> Self {
        let (listening, ready) = channel();
        let servers = Side::start(&pair.server, count, move || {
            let listeners = PORTS.map(listen);
            listening.send(()).expect("the bench waits");
            move |nth| accept(&listeners[nth % PORTS.len()])
        });
        ready.recv().expect("the ports are free in a new namespace");
        let address = pair.server.v4();
        let clients = Side::start(&pair.client, count, move || {
            move |nth| connect(address, PORTS[nth % PORTS.len()])
        });
        let crowd = Self { clients, servers };
        crowd.sides().into_iter().for_each(Side::await_open);
        crowd
    }

    /// Counts the ends that died, the clients' first; waits a while for those that have not.
    pub(crate) fn count_dead(&self) -> [Ends; 2] {
        self.sides().map(Side::count_dead)
    }

    fn sides(&self) -> [&Side; 2] {
        [&self.clients, &self.servers]
    }
}

/// The thread that holds one side's ends.
#[derive(Debug)]
struct Side {
    /// Asks for a count; the thread ends with it.
    questions: Option<Sender<()>>,
    /// First that all are open, then a count for each question.
    answers: Receiver<Ends>,
    thread: Option<JoinHandle<()>>,
}

impl Side {
    /// Starts a thread in a namespace that opens `count` ends by what `prepare` gives.
    fn start<Open: FnMut(usize) -> TcpStream>(
        host: &Namespace,
        count: usize,
        prepare: impl FnOnce() -> Open + Send + 'static,
    ) -> Self {
        let (questions, asked) = channel();
        let (told, answers) = channel();
        let thread = host.thread("crowd", move || {
            unshare(CloneFlags::CLONE_FILES).expect("a thread may have its own descriptors");
            let streams: Vec<_> = (0..count).map(prepare()).collect();
            let mut news = told.send(Ends::default());
            while news.is_ok() && asked.recv().is_ok() {
                news = told.send(count_dead(&streams));
            }
        });
        Self {
            questions: Some(questions),
            answers,
            thread: Some(thread),
        }
    }

    fn await_open(&self) {
        self.answers.recv().expect("all connections can be opened");
    }

    fn count_dead(&self) -> Ends {
        let asked = self.questions.as_ref().map(|questions| questions.send(()));
        asked.expect("it is asked before it is dropped").ok();
        self.answers.recv().expect("sockets tell their errors")
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        drop(self.questions.take());
        // A thread that panicked has said so.
        drop(self.thread.take().map(JoinHandle::join));
    }
}

fn listen(port: u16) -> TcpListener {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).expect("the port is free");
    set_socket_timeout(&listener, Timeout::Recv, Some(PATIENCE)).expect("it is not too long");
    listener
}

fn accept(listener: &TcpListener) -> TcpStream {
    listener.accept().expect("a client connects").0
}

fn connect(address: Ipv4Addr, port: u16) -> TcpStream {
    let address = SocketAddr::from((address, port));
    TcpStream::connect_timeout(&address, PATIENCE).expect("the server listens")
}

fn count_dead(streams: &[TcpStream]) -> Ends {
    let until = Instant::now() + PATIENCE;
    let mut ends = Ends::default();
    let mut alive: Vec<&TcpStream> = streams.iter().collect();
    loop {
        // The kernel hands an error out once.
        alive.retain(|stream| match error(stream) {
            Some(ErrorKind::ConnectionReset) => {
                ends.reset += 1;
                false
            }
            Some(ErrorKind::ConnectionAborted) => {
                ends.aborted += 1;
                false
            }
            _ => true,
        });
        if alive.is_empty() || Instant::now() >= until {
            return ends;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn error(stream: &TcpStream) -> Option<ErrorKind> {
    let error = stream.take_error().expect("it is a socket");
    error.map(|error| error.kind())
}
