//! A flow of messages from one host to another, by datagrams or over TCP.
#![allow(
    clippy::cast_precision_loss,
    reason = "random numbers of 53 bits, which a float has"
)]

use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::{RcvBufForce, ReceiveTimestampns};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{SendFlags, send};

use super::Host;
use super::message::{Sample, message, receive};
use super::tcp::{Connection, Wire};

/// How long after the last one nothing more is waited for, beyond what the caller says.
const GRACE: Duration = Duration::from_millis(500);

/// Bytes that may wait for the receiver: two hundred thousand datagrams.
const BUFFER: usize = 256 << 20;

/// A flow.
pub struct Probe {
    sender: OwnedFd,
    receiver: OwnedFd,
    /// Of the sender, and of the receiver.
    ports: [u16; 2],
}

impl Probe {
    /// A flow of datagrams.
    pub fn open(from: &Host, to: &Host, wire: Wire) -> Self {
        let bind = |host: &Host| {
            let address: IpAddr = wire.address_of(host);
            let socket = host.enter(|| UdpSocket::bind((address, 0)));
            socket.expect("a port is free")
        };
        let (sender, receiver) = (bind(from), bind(to));
        let address =
            |socket: &UdpSocket| -> SocketAddr { socket.local_addr().expect("it is bound") };
        let (source, target) = (address(&sender), address(&receiver));
        sender.connect(target).expect("there is a way");
        receiver.connect(source).expect("there is a way");
        let ports = [source.port(), target.port()];
        let probe = Self::of(sender.into(), receiver.into(), ports);
        // Neighbours are known from here on.
        probe.run(3, Duration::from_millis(5), Duration::ZERO);
        probe
    }

    /// The messages of a connection, each a segment.
    pub fn over_tcp(Connection { client, server }: Connection) -> Self {
        let port = |end: &TcpStream| end.local_addr().expect("it is bound").port();
        let ports = [port(&client), port(&server)];
        for end in [&client, &server] {
            end.set_nodelay(true).expect("it is a connection");
        }
        Self::of(client.into(), server.into(), ports)
    }

    /// The same flow the other way.
    #[must_use]
    pub fn back(&self) -> Self {
        let again = |socket: &OwnedFd| socket.try_clone().expect("a socket can be duplicated");
        let [source, target] = self.ports;
        let ends = (again(&self.receiver), again(&self.sender));
        Self::of(ends.0, ends.1, [target, source])
    }

    fn of(sender: OwnedFd, receiver: OwnedFd, ports: [u16; 2]) -> Self {
        setsockopt(&receiver, ReceiveTimestampns, &true).expect("the kernel stamps");
        // What was held comes at once when it is let go.
        setsockopt(&receiver, RcvBufForce, &BUFFER).expect("root may");
        Self {
            sender,
            receiver,
            ports,
        }
    }

    /// Of the receiver.
    pub fn port(&self) -> u16 {
        self.ports[1]
    }

    /// Sends `count` messages at random times (Poisson, `gap` apart on average), and gives those
    /// that arrive, in the order in which they do. None may take longer than `longest`.
    pub fn run(&self, count: u32, gap: Duration, longest: Duration) -> Vec<Sample> {
        self.run_until(count as usize, (count, gap, longest))
    }

    /// The same where as many may arrive as will: waits longer than any is on its way.
    pub fn run_all(&self, count: u32, gap: Duration, longest: Duration) -> Vec<Sample> {
        self.run_until(usize::MAX, (count, gap, longest))
    }

    fn run_until(
        &self,
        most: usize,
        (count, gap, longest): (u32, Duration, Duration),
    ) -> Vec<Sample> {
        let receiver = self.receiver.try_clone();
        let receiver = receiver.expect("a socket can be duplicated");
        let wait = Some(longest + GRACE);
        set_socket_timeout(&receiver, Timeout::Recv, wait).expect("it is not zero");
        let receiving = spawn(move || receive_until(most, &receiver));
        self.send(count, gap);
        receiving.join().expect("it does not panic")
    }

    /// The same as [`Probe::run`], where nobody receives before all is sent: what receives keeps a core
    /// from what is measured. The kernel has stamped what waits.
    pub fn run_alone(&self, count: u32, gap: Duration, longest: Duration) -> Vec<Sample> {
        self.send(count, gap);
        let wait = Some(longest + GRACE);
        set_socket_timeout(&self.receiver, Timeout::Recv, wait).expect("it is not zero");
        receive_until(count as usize, &self.receiver)
    }

    /// Sends `count` messages as [`Probe::run`] does, and waits for none.
    pub fn send(&self, count: u32, gap: Duration) {
        let [source, target] = self.ports;
        let mut random = 0x9e37_79b9_7f4a_7c15_u64 ^ u64::from(source) << 16 ^ u64::from(target);
        let mut next = Instant::now();
        for number in 0..count {
            sleep(next.saturating_duration_since(Instant::now()));
            send(&self.sender, &message(number), SendFlags::empty()).expect("it never fails");
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let unit = ((random >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
            next += gap.mul_f64(-unit.ln());
        }
    }
}

fn receive_until(most: usize, receiver: &OwnedFd) -> Vec<Sample> {
    let mut samples = Vec::new();
    while samples.len() < most
        && let Some(sample) = receive(receiver)
    {
        samples.push(sample);
    }
    samples
}

/// Puts the calling thread before all that is not real-time, where the machine lets it: what else
/// runs there would make messages late that were stamped already.
pub fn be_on_time() {
    let thread = rustix::thread::gettid().to_string();
    let mut chrt = Command::new("chrt");
    let chrt = chrt.args(["--fifo", "--pid", "1", &thread]);
    drop(chrt.stdout(Stdio::null()).stderr(Stdio::null()).status());
}
