//! Fragments, what goes to many, jumbo frames and those of a VLAN go through the line as they are.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpStream, UdpSocket};
use std::thread::scope;
use std::time::{Duration, Instant};

use chaos_tests::bed::netfault::total;
use chaos_tests::bed::tcp::{Connection, Listener, Wire};
use chaos_tests::bed::{Host, Pair, Unchanged};
use chaos_tests::promises;

use crate::line::{Line, constant};

promises! { []
    fragments_and_what_goes_to_many,
    jumbo_frames,
    of_a_vlan_once
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

fn of_a_vlan_once() {
    let pair = Pair::new();
    let inner = [&pair.client, &pair.server].map(|host| {
        let [a, b, c, d] = host.v4().octets();
        let address = Ipv4Addr::new(a, b, c + 5, d);
        let (prefix, vlan) = (
            format!("{address}/24"),
            ["name", "eth0.5", "type", "vlan", "id", "5"],
        );
        host.ip(&[&["link", "add", "link", "eth0"][..], &vlan].concat());
        host.ip(&["address", "add", &prefix, "dev", "eth0.5"]);
        host.ip(&["link", "set", "eth0.5", "up"]);
        IpAddr::from(address)
    });
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let (sender, receiver) = sockets(&pair, inner);
    let to = receiver.local_addr().expect("it is bound");
    let fly = |what| flight(what, 1_000, (&sender, &receiver), (to.ip(), to.port()));
    fly("before");
    for (direction, host) in [("Egress", &pair.client), ("Ingress", &pair.server)] {
        let line = Line::open(host.name());
        let traffic = format!("traffic: {{protocol: UDP, direction: {direction}}}");
        line.inject("held", &traffic, &constant(LATENCY));
        let late = fly(direction);
        let counted = total(&line.stop("held"));
        eprintln!("{direction}: {late:?} {counted:?}");
        assert!(
            (LATENCY..2 * LATENCY).contains(&late),
            "{direction}: {late:?}"
        );
        drop(line);
        unchanged.assert();
    }
    let listener = Listener::on(&pair.server, Wire::V4, 0);
    let _ = listener;
}
