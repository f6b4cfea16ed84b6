//! `idle_latency_ratio`: the median time of a request and its response, one byte each over TCP,
//! that cross the hooks while the table has a rule for another peer, to that with nothing attached.
//! `cut_latency_ratio` is the same for hooks with an empty table, `idle_latency_us` the plain time.
//!
//! One connection for all samples, of 20,000 round trips each; the three states take turns, and
//! each round begins with another one.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use super::{Effort, Figure, Group};
use crate::bed::Pair;
use crate::bed::tcp::{Connection, Wire};
use crate::bench::arms::{Arms, Samples};
use crate::bench::stats::median;

pub(super) const GROUP: Group = Group {
    names: &["idle_latency_ratio", "cut_latency_ratio", "idle_latency_us"],
    measure,
};

fn measure(effort: Effort) -> Vec<Figure> {
    let trips = effort.times(20_000, 1_000);
    let pair = Pair::new();
    let mut arms = Arms::on(&pair.client);
    let echo = Echo::over(Connection::open(&pair, Wire::V4));
    echo.sample(trips);
    let rounds = effort.times(21, 3);
    let Samples { bare, empty, armed } = arms.samples(rounds, || echo.sample(trips));
    vec![
        Figure::ratio("idle_latency_ratio", &armed, &bare),
        Figure::ratio("cut_latency_ratio", &empty, &bare),
        Figure::paired("idle_latency_us", "µs", &armed, &bare).note(
            "one byte and back over TCP, a rule for another peer; baseline: nothing attached",
        ),
    ]
}

/// A connection whose server sends back each byte.
struct Echo {
    client: TcpStream,
    server: Option<JoinHandle<io::Result<()>>>,
}

impl Echo {
    fn over(connection: Connection) -> Self {
        let Connection { client, server } = connection;
        for end in [&client, &server] {
            end.set_nodelay(true).expect("a TCP socket has the option");
            end.set_read_timeout(None)
                .expect("a timeout can be cleared");
        }
        let answer = move || pass(&server, &server);
        Self {
            client,
            server: Some(thread::spawn(move || {
                loop {
                    answer()?;
                }
            })),
        }
    }

    /// The median of this many round trips, in microseconds.
    fn sample(&self, trips: usize) -> f64 {
        let mut times = Vec::with_capacity(trips);
        for _ in 0..trips {
            let start = Instant::now();
            (&self.client).write_all(b"x").expect("the server lives");
            (&self.client)
                .read_exact(&mut [0])
                .expect("the server answers");
            times.push(start.elapsed().as_secs_f64() * 1e6);
        }
        median(&times)
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        drop(self.client.shutdown(Shutdown::Both));
        drop(self.server.take().map(JoinHandle::join));
    }
}

fn pass(mut from: &TcpStream, mut to: &TcpStream) -> io::Result<()> {
    let mut byte = [0];
    from.read_exact(&mut byte)?;
    to.write_all(&byte)
}
