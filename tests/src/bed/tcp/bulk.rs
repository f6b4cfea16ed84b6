//! A writer that never pauses and a reader that counts, on threads of their own.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::super::wait::eventually;
use super::Connection;

/// Large enough that a veth carries it as GSO super-packets.
const CHUNK: usize = 200_000;

/// A connection whose client writes without a pause while its server reads.
#[derive(Debug)]
pub struct Bulk {
    connection: Connection,
    received: Arc<AtomicU64>,
    writer: Option<JoinHandle<ErrorKind>>,
    reader: Option<JoinHandle<ErrorKind>>,
}

/// Why each end of a [`Bulk`] stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BulkEnd {
    /// The writer's error.
    pub writer: ErrorKind,
    /// The reader's error.
    pub reader: ErrorKind,
}

impl BulkEnd {
    /// Both ends saw ECONNRESET.
    pub const RESET: Self = Self {
        writer: ErrorKind::ConnectionReset,
        reader: ErrorKind::ConnectionReset,
    };
}

impl Bulk {
    /// Starts both threads and waits until the first bytes have arrived.
    #[track_caller]
    pub fn start(connection: Connection) -> Self {
        let clone = |end: &TcpStream| {
            end.set_read_timeout(None)
                .expect("a timeout can be cleared");
            end.try_clone().expect("a socket can be duplicated")
        };
        let (client, server) = (clone(&connection.client), clone(&connection.server));
        let received = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&received);
        let writer = Some(thread::spawn(move || write_until_error(client)));
        let reader = Some(thread::spawn(move || read_until_error(server, &counter)));
        let bulk = Self {
            connection,
            received,
            writer,
            reader,
        };
        bulk.await_bytes(1, Duration::from_secs(5));
        bulk
    }

    /// The connection, for its addresses.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The bytes the server's application has read.
    pub fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// How many Gbit/s the server's application reads for a while.
    #[expect(clippy::cast_precision_loss, reason = "the bytes of minutes are exact")]
    pub fn speed(&self, time: Duration) -> f64 {
        let (before, begun) = (self.received(), Instant::now());
        thread::sleep(time);
        let bits = (self.received() - before) as f64 * 8.0;
        bits / begun.elapsed().as_secs_f64() / 1e9
    }

    /// Waits until at least `more` bytes have arrived from now on.
    #[track_caller]
    pub fn await_bytes(&self, more: u64, limit: Duration) {
        let goal = self.received() + more;
        eventually("bytes flow", limit, || {
            (self.received() >= goal).then_some(())
        });
    }

    /// Waits until both threads have met their errors.
    #[track_caller]
    pub fn await_end(mut self, limit: Duration) -> BulkEnd {
        let writer = join("the writer ends", self.writer.take(), limit);
        let reader = join("the reader ends", self.reader.take(), limit);
        BulkEnd { writer, reader }
    }
}

impl Drop for Bulk {
    fn drop(&mut self) {
        for end in self.connection.ends() {
            drop(end.shutdown(Shutdown::Both));
        }
        for thread in [self.writer.take(), self.reader.take()]
            .into_iter()
            .flatten()
        {
            drop(thread.join());
        }
    }
}

fn write_until_error(mut stream: TcpStream) -> ErrorKind {
    let chunk = vec![0x5a; CHUNK];
    loop {
        if let Err(error) = stream.write_all(&chunk) {
            return error.kind();
        }
    }
}

fn read_until_error(mut stream: TcpStream, received: &AtomicU64) -> ErrorKind {
    let mut scratch = vec![0; CHUNK];
    loop {
        match stream.read(&mut scratch) {
            Ok(0) => return ErrorKind::UnexpectedEof,
            Ok(count) => received.fetch_add(count as u64, Ordering::Relaxed),
            Err(error) => return error.kind(),
        };
    }
}

#[track_caller]
fn join(what: &str, thread: Option<JoinHandle<ErrorKind>>, limit: Duration) -> ErrorKind {
    let thread = thread.expect("joined once");
    eventually(what, limit, || thread.is_finished().then_some(()));
    thread.join().expect("the thread does not panic")
}
