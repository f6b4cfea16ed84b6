//! Datagrams from one host to another, whose sender is told everything the kernel knows.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::{Ipv4RecvErr, Ipv6RecvErr, RcvBufForce};

use super::tcp::Wire;
use super::topology::Host;
use super::wait::within;

/// How long a datagram may take on a wire that lets it pass: looked for so often, for so long each,
/// since a machine that stands still lets any one time pass.
const LOOKS: u32 = 5;
const LOOK: Duration = Duration::from_millis(10);

/// A sender with `IP_RECVERR` or `IPV6_RECVERR` set (ip(7)), and a receiver on another host. With
/// the option a datagram that the own machine drops makes `sendto` fail, where it would otherwise
/// be silent.
#[derive(Debug)]
pub struct UdpPath {
    sender: UdpSocket,
    receiver: UdpSocket,
    target: SocketAddr,
}

impl UdpPath {
    /// Opens both sockets and proves the way, so that neighbours are known from here on.
    #[track_caller]
    pub fn open(from: &Host, to: &Host, wire: Wire) -> Self {
        Self::open_on(from, to, wire, 0)
    }

    /// As [`UdpPath::open`], with the receiver on a port of the caller's choice.
    #[track_caller]
    pub fn open_on(from: &Host, to: &Host, wire: Wire, port: u16) -> Self {
        let bind = |host: &Host, address| host.enter(|| UdpSocket::bind(address));
        let sender = bind(from, (wire.any(), 0)).expect("a port is free in a new namespace");
        let receiver = bind(to, (wire.address_of(to), port)).expect("the port is free");
        be_told(&sender, wire);
        let port = receiver.local_addr().expect("it is bound").port();
        let target = SocketAddr::new(wire.address_of(to), port);
        let path = Self {
            sender,
            receiver,
            target,
        };
        path.await_open(Duration::from_secs(5));
        path
    }

    /// Where datagrams go.
    pub fn target(&self) -> SocketAddr {
        self.target
    }

    /// The receiver's port.
    pub fn port(&self) -> u16 {
        self.target.port()
    }

    /// The sender's port.
    pub fn sender_port(&self) -> u16 {
        self.sender.local_addr().expect("it is bound").port()
    }

    /// Has the receiver's buffer hold some hundred thousand datagrams.
    pub fn hear_all(&self) {
        setsockopt(&self.receiver, RcvBufForce, &(256 << 20)).expect("root may have any buffer");
    }

    /// Sends `count` datagrams of four bytes and gives the first error of any `sendto`.
    pub fn send(&self, count: u32) -> io::Result<()> {
        let send = |number: u32| self.sender.send_to(&number.to_be_bytes(), self.target);
        (0..count).try_for_each(|number| send(number).map(drop))
    }

    /// How many datagrams arrive before none has come for a while.
    pub fn arrivals(&self) -> usize {
        self.wait_at_most(LOOK);
        (0..1_000_000).take_while(|_| self.arrives()).count()
    }

    /// Waits for the next datagram that arrives.
    #[track_caller]
    pub fn await_first(&self, limit: Duration) {
        self.wait_at_most(limit);
        let arrived = self.receiver.recv(&mut [0; 2048]);
        arrived.unwrap_or_else(|error| panic!("no datagram within {limit:?}: {error}"));
    }

    /// Sends one datagram and tells whether it arrives; one datagram of a path that is cut.
    #[track_caller]
    pub fn passes(&self) -> bool {
        self.arrivals_queued();
        self.send(1).expect("sendto never fails");
        self.wait_at_most(LOOK);
        self.arrives()
    }

    fn arrives(&self) -> bool {
        (0..LOOKS).any(|_| self.receiver.recv(&mut [0; 2048]).is_ok())
    }

    /// Sends until a datagram arrives; gives the time it took.
    #[track_caller]
    pub fn await_open(&self, limit: Duration) -> Duration {
        let start = Instant::now();
        let open = within(limit, || self.passes().then(|| start.elapsed()));
        open.unwrap_or_else(|| panic!("no datagram to {} within {limit:?}", self.target))
    }

    /// Sends until a datagram is lost.
    #[track_caller]
    pub fn await_cut(&self, limit: Duration) {
        let cut = within(limit, || (!self.passes()).then_some(()));
        cut.unwrap_or_else(|| panic!("datagrams to {} still arrive after {limit:?}", self.target));
    }

    /// Takes what has arrived earlier.
    fn arrivals_queued(&self) {
        self.receiver
            .set_nonblocking(true)
            .expect("a socket can be non-blocking");
        while self.receiver.recv(&mut [0; 2048]).is_ok() {}
        self.receiver
            .set_nonblocking(false)
            .expect("a socket can be blocking");
    }

    fn wait_at_most(&self, limit: Duration) {
        self.receiver
            .set_read_timeout(Some(limit))
            .expect("it is not zero");
    }
}

fn be_told(sender: &UdpSocket, wire: Wire) {
    match wire {
        Wire::V4 => setsockopt(sender, Ipv4RecvErr, &true),
        Wire::V6 | Wire::V4Mapped => setsockopt(sender, Ipv6RecvErr, &true),
    }
    .expect("the option can be set");
}
