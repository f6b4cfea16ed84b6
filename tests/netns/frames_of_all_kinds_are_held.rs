//! Fragments, what goes to many, jumbo frames and those of a VLAN go through the line as they are.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpStream, UdpSocket};
use std::os::fd::{AsRawFd, OwnedFd};
use std::thread::scope;
use std::time::{Duration, Instant};

use chaos_tests::bed::netfault::total;
use chaos_tests::bed::tcp::{Connection, Wire};
use chaos_tests::bed::{Capture, Host, Pair, Unchanged};
use chaos_tests::promises;
use nix::net::if_::if_nametoindex;
use nix::sys::socket::{
    AddressFamily, LinkAddr, MsgFlags, SockFlag, SockProtocol, SockType, recvfrom, sendto, socket,
};
use rustix::net::sockopt::{Timeout, set_socket_timeout};

use crate::line::{Line, constant};

promises! {
    [] fragments_and_what_goes_to_many, jumbo_frames;
    [Tcpdump] of_a_vlan_and_of_one_within_another;
}

const LATENCY: Duration = Duration::from_millis(30);
const SECOND: Duration = Duration::from_secs(1);
const TRAFFIC: &str = "traffic: {direction: Egress}";

fn sockets(pair: &Pair, addresses: [IpAddr; 2]) -> (UdpSocket, UdpSocket) {
    let bind = |host: &Host, address| {
        let socket = host.enter(|| UdpSocket::bind((address, 0)));
        socket.expect("a port is free")
    };
    let [from, to] = addresses;
    let (sender, receiver) = (bind(&pair.client, from), bind(&pair.server, to));
    receiver
        .set_read_timeout(Some(2 * SECOND))
        .expect("it is not zero");
    (sender, receiver)
}

fn addresses(pair: &Pair) -> [IpAddr; 2] {
    [pair.client.v4().into(), pair.server.v4().into()]
}

/// Sends a datagram of so many bytes; how long it takes to arrive as it was.
#[track_caller]
fn flight(
    what: &str,
    size: usize,
    (sender, receiver): (&UdpSocket, &UdpSocket),
    to: (IpAddr, u16),
) -> Duration {
    let sent: Vec<u8> = (0..=250).cycle().take(size).collect();
    let begun = Instant::now();
    sender.send_to(&sent, to).expect("sendto never fails");
    let mut bytes = vec![0; size + 1];
    let read = receiver.recv(&mut bytes);
    let read = read.unwrap_or_else(|_| panic!("{what}: lost"));
    assert!(bytes[..read] == sent, "{what}: another content");
    begun.elapsed()
}

fn fragments_and_what_goes_to_many() {
    let pair = Pair::new();
    for host in [&pair.client, &pair.server] {
        host.ip(&["route", "add", "224.0.0.0/4", "dev", "eth0"]);
    }
    let (sender, receiver) = sockets(&pair, addresses(&pair));
    let group = Ipv4Addr::new(239, 1, 2, 3);
    let port = receiver.local_addr().expect("it is bound").port();
    let many = pair.server.enter(|| UdpSocket::bind((group, port)));
    let many = many.expect("it is free");
    many.join_multicast_v4(&group, &pair.server.v4())
        .expect("it may");
    many.set_read_timeout(Some(2 * SECOND))
        .expect("it is not zero");
    let line = Line::open(pair.client.name());
    line.inject("held", TRAFFIC, &constant(LATENCY));
    let whole = pair.server.v4().into();
    for (what, to, receiver, size) in [
        ("fragments", whole, &receiver, 7_000),
        ("to many", group.into(), &many, 100),
    ] {
        let late = flight(what, size, (&sender, receiver), (to, port));
        assert!(late >= LATENCY, "{what}: not held");
    }
    assert_eq!(line.report().line.refused, 0, "the kernel takes all back");
}

fn jumbo_frames() {
    let pair = Pair::new();
    for host in [&pair.client, &pair.server] {
        host.ip(&["link", "set", "eth0", "mtu", "9000"]);
    }
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let (sender, receiver) = sockets(&pair, addresses(&pair));
    let line = Line::open(pair.client.name());
    line.inject(
        "held",
        "traffic: {direction: Egress, protocol: UDP}",
        &constant(LATENCY),
    );
    let to = receiver.local_addr().expect("it is bound");
    for _ in 0..10 {
        let late = flight(
            "8,900 bytes",
            8_900,
            (&sender, &receiver),
            (to.ip(), to.port()),
        );
        assert!(late >= LATENCY, "not held");
    }
    assert_eq!(total(&line.stop("held")).delayed, 10, "each is one frame");
    line.inject(
        "held",
        "traffic: {direction: Egress, protocol: TCP}",
        &constant(LATENCY),
    );
    let connection = Connection::open(&pair, Wire::V4);
    // Every fourth packet of the wire is cut out of what the stack hands over as one.
    line.inject(
        "cut",
        "traffic: {direction: Egress, protocol: TCP}",
        "duplicate: {duplicate: 25%}",
    );
    arrives_whole(&connection, 10_000_000);
    let duplicated = total(&line.stop("cut")).duplicated;
    // Segments of 8,948 bytes.
    assert!((200..400).contains(&duplicated), "{duplicated}");
    assert_eq!(line.report().line.refused, 0, "the kernel takes all back");
    drop((connection, line));
    unchanged.assert();
}

/// Sends bytes in pieces that no segment has, and panics unless they arrive as they were.
#[track_caller]
fn arrives_whole(connection: &Connection, size: usize) {
    let sent: Vec<u8> = (0..=250).cycle().take(size).collect();
    let limit = Some(20 * SECOND);
    connection
        .server
        .set_read_timeout(limit)
        .expect("it is not zero");
    let mut received = vec![0; size];
    scope(|scope| {
        scope.spawn(|| {
            let mut client: &TcpStream = &connection.client;
            client.write_all(&sent).expect("the connection lives");
        });
        let mut server: &TcpStream = &connection.server;
        server
            .read_exact(&mut received)
            .expect("the connection lives");
    });
    assert!(received == sent, "another content");
}

/// Tags of a VLAN, and of one within another (IEEE 802.1Q, 802.1ad).
const TAGS: [&[u8]; 2] = [
    &[0x81, 0x00, 0x00, 0x05],
    &[0x88, 0xa8, 0x00, 0x05, 0x81, 0x00, 0x00, 0x06],
];

/// Two MAC addresses; tags stand behind them.
const MACS: usize = 12;

/// They leave a host whose hook finds the tags in the frame, and come to one whose hook finds the first
/// beside it.
fn of_a_vlan_and_of_one_within_another() {
    let pair = Pair::new();
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let (sender, receiver) = sockets(&pair, addresses(&pair));
    let taps = [&pair.client, &pair.server].map(Tap::open);
    let to = receiver.local_addr().expect("it is bound");
    let datagram = [&b"through a VLAN"[..], &[7; 500]].concat();
    sender.send_to(&datagram, to).expect("sendto never fails");
    let (plain, interface, _) = taps[0].next(&datagram);
    taps[1].next(&datagram);
    for (direction, host) in [("Egress", &pair.client), ("Ingress", &pair.server)] {
        let line = Line::open(host.name());
        line.inject("held", &traffic(direction, to.port()), &constant(LATENCY));
        for tags in TAGS {
            let capture = Capture::start_whole(&pair.server);
            let tagged = [&plain[..MACS], tags, &plain[MACS..]].concat();
            let begun = Instant::now();
            taps[0].send(&tagged, &interface);
            // What observes a host sees a frame before the hook does, and again when it was held.
            if direction == "Ingress" {
                taps[1].next(&datagram);
            }
            let (_, _, at) = taps[1].next(&datagram);
            assert!(at - begun >= LATENCY, "{direction}: {:?}", at - begun);
            capture.fence(&pair.server, pair.client.v4().into());
            let mut seen = capture.frames();
            seen.retain(|frame| frame.ends_with(&datagram));
            let copies = if direction == "Ingress" { 2 } else { 1 };
            assert!(seen == vec![tagged; copies], "{direction}: {seen:02x?}");
        }
        assert_eq!(total(&line.stop("held")).delayed, 2, "{direction}");
        drop(line);
        unchanged.assert();
    }
}

/// Datagrams to that port of the server, for the host that sends them or the one that they come to.
fn traffic(direction: &str, port: u16) -> String {
    let ports = if direction == "Egress" {
        format!("peers: [{{ipBlock: {{cidr: 0.0.0.0/0}}, ports: [{{port: {port}}}]}}]")
    } else {
        format!("localPorts: ['{port}']")
    };
    format!("traffic: {{protocol: UDP, direction: {direction}, {ports}}}")
}

/// All frames of a host's `eth0`, and a way to send any.
struct Tap {
    socket: OwnedFd,
    index: usize,
}

impl Tap {
    fn open(host: &Host) -> Self {
        let (family, flags) = (AddressFamily::Packet, SockFlag::empty());
        let open = || socket(family, SockType::Raw, flags, SockProtocol::EthAll);
        let socket = host.enter(open).expect("root may");
        let index = host.enter(|| if_nametoindex("eth0")).expect("it has one");
        set_socket_timeout(&socket, Timeout::Recv, Some(2 * SECOND)).expect("it is not zero");
        Self {
            socket,
            index: index as usize,
        }
    }

    /// The next frame that ends so, with its interface, and when it was seen.
    #[track_caller]
    fn next(&self, end: &[u8]) -> (Vec<u8>, LinkAddr, Instant) {
        loop {
            let mut bytes = vec![0; 2_000];
            let seen = recvfrom::<LinkAddr>(self.socket.as_raw_fd(), &mut bytes);
            let (count, from) = seen.expect("a frame comes");
            bytes.truncate(count);
            let from = from.expect("it has an interface");
            // The line's device shows it, too.
            if bytes.ends_with(end) && from.ifindex() == self.index {
                return (bytes, from, Instant::now());
            }
        }
    }

    fn send(&self, frame: &[u8], interface: &LinkAddr) {
        let sent = sendto(self.socket.as_raw_fd(), frame, interface, MsgFlags::empty());
        assert_eq!(sent, Ok(frame.len()));
    }
}
