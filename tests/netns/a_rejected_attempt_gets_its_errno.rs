//! While `reject` is in force, who tries is told at once what the answer means to its platform, and the
//! attempt goes no further; established connections go on.

use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use chaos_api::RejectWith::{self, IcmpAdmin, IcmpHost, IcmpPort, TcpReset};
use chaos_tests::bed::netfault::total;
use chaos_tests::bed::tcp::{Connection, Listener, Wire};
use chaos_tests::bed::{Capture, Host, Netfault, Pair, Unchanged, Unreachable};
use chaos_tests::promises;
use nix::ifaddrs::getifaddrs;
use nix::sys::socket::sockopt::{Ipv4RecvErr, Ipv6RecvErr, UdpGsoSegment};
use nix::sys::socket::{MsgFlags, SockFlag, SockType, SockaddrStorage, sendto, setsockopt};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketType, connect, socket};

promises! { [Netfault, Tcpdump]
    where_the_target_tries,
    where_the_target_is_tried,
    without_waiting_for_a_second_attempt,
    a_large_datagram_too,
    where_no_error_can_be_made_of_it_it_is_dropped_which_is_told
}

/// How long nothing is awaited.
const NOTHING: Duration = Duration::from_millis(60);
const LOOKS: u32 = 5;

/// Whether the client's and the server's `eth0` complete checksums.
const OFFLOADS: [[bool; 2]; 4] = [[true, true], [true, false], [false, true], [false, false]];

/// What connect(2) says: tcp(7), `icmp_err_convert` and `icmpv6_err_convert` of the kernel.
fn of_connect(with: RejectWith, wire: Wire) -> Errno {
    match (with, wire) {
        (TcpReset | IcmpPort, _) => Errno::CONNREFUSED,
        (IcmpAdmin, Wire::V6) => Errno::ACCESS,
        (IcmpHost | IcmpAdmin, _) => Errno::HOSTUNREACH,
    }
}

/// What recv(2) says on a connected UDP socket: udp(7). One that did not ask to be told (`IP_RECVERR`)
/// does not hear of errors that may pass.
fn of_datagram(with: RejectWith, wire: Wire, told: bool) -> Option<Errno> {
    match with {
        TcpReset => None,
        IcmpHost if !told => None,
        _ => Some(of_connect(with, wire)),
    }
}

/// A server's sockets in one family, and a connection that was there before.
struct Door {
    wire: Wire,
    listener: Listener,
    established: Connection,
    _udp: UdpSocket,
}

impl Door {
    fn open(pair: &Pair, wire: Wire) -> Self {
        let listener = Listener::on(&pair.server, wire, 0);
        let bind = || UdpSocket::bind((wire.any(), listener.port()));
        let udp = pair.server.enter(bind).expect("the port is free for UDP");
        Self {
            wire,
            established: listener.accept_from(&pair.client),
            listener,
            _udp: udp,
        }
    }
}

fn doors(pair: &Pair) -> [Door; 2] {
    [Wire::V4, Wire::V6].map(|wire| Door::open(pair, wire))
}

fn ports(doors: &[Door]) -> String {
    let ports: Vec<String> = doors
        .iter()
        .map(|d| d.listener.port().to_string())
        .collect();
    ports.join(",")
}

fn where_the_target_tries() {
    let pair = Pair::new();
    each_is_told(&pair, &pair.client, "--port");
}

fn where_the_target_is_tried() {
    let pair = Pair::new();
    each_is_told(&pair, &pair.server, "--local-port");
}

/// Every answer under every combination of offloads, with the fault on `target`.
fn each_is_told(pair: &Pair, target: &Host, flag: &str) {
    let doors = doors(pair);
    let netfault = Netfault::new();
    for offloads in OFFLOADS {
        set(pair, offloads);
        for with in RejectWith::ALL {
            let what = format!("{with} {flag}, offloads {offloads:?}");
            let unchanged = Unchanged::watch([&pair.client, &pair.server]);
            let capture = Capture::start_whole(&pair.client);
            let words = format!("reject {with} {flag} {} --for 30s", ports(&doors));
            let fault = netfault.inject(target, &words);
            for door in &doors {
                is_told(&pair.client, door, with, &what);
                door.established.assert_alive();
            }
            let receipt = fault.stop();
            let counted = total(&receipt);
            let refused = if with == TcpReset { 2 } else { 6 };
            assert_eq!(counted.refused, refused, "{what}");
            assert_eq!(counted.matched, refused + counted.let_through, "{what}");
            assert!(counted.let_through >= 4, "{what}: {counted:?}");
            assert_eq!(receipt.connections_reset, 2, "{what}");
            capture.fence(&pair.client, pair.server.v4().into());
            let seen = if with == TcpReset {
                capture.count(|segment| segment.reset)
            } else {
                capture.unreachable().len()
            };
            assert_eq!(seen as u64, refused, "answers on the wire: {what}");
            drop(capture);
            unchanged.assert();
        }
    }
    set(pair, [true, true]);
}

fn set(pair: &Pair, [client, server]: [bool; 2]) {
    pair.client.set_offload("tx", client);
    pair.server.set_offload("tx", server);
}

/// Tries to connect, and to be heard by UDP, with and without asking to be told of errors.
fn is_told(client: &Host, door: &Door, with: RejectWith, what: &str) {
    let (wire, target) = (door.wire, door.listener.target());
    let (told, _) = dial(client, target);
    assert_eq!(told, Err(of_connect(with, wire)), "TCP {wire:?}: {what}");
    for asked in [false, true] {
        let socket = udp(client, target, asked);
        socket.send(b"?").expect("the first send is not told");
        let due = of_datagram(with, wire, asked);
        assert_eq!(heard(&socket), due, "UDP {wire:?}, told {asked}: {what}");
    }
}

/// What connect(2) says, and after how long.
fn dial(client: &Host, target: SocketAddr) -> (Result<(), Errno>, Duration) {
    client.enter(|| {
        let family = match target {
            SocketAddr::V4(_) => AddressFamily::INET,
            SocketAddr::V6(_) => AddressFamily::INET6,
        };
        let socket = socket(family, SocketType::STREAM, None).expect("a socket can be made");
        let start = Instant::now();
        (connect(&socket, &target), start.elapsed())
    })
}

/// A connected socket of UDP.
fn udp(client: &Host, target: SocketAddr, told: bool) -> UdpSocket {
    let any: SocketAddr = match target {
        SocketAddr::V4(_) => ([0; 4], 0).into(),
        SocketAddr::V6(_) => ([0; 16], 0).into(),
    };
    let socket = client.enter(|| UdpSocket::bind(any).expect("a port is free"));
    let set = match target {
        SocketAddr::V4(_) => setsockopt(&socket, Ipv4RecvErr, &told),
        SocketAddr::V6(_) => setsockopt(&socket, Ipv6RecvErr, &told),
    };
    set.expect("the option can be set");
    socket.connect(target).expect("there is a route");
    socket
        .set_read_timeout(Some(NOTHING / LOOKS))
        .expect("it is not zero");
    socket
}

/// What recv(2) says within a while, of which a machine that stands still takes but one part.
fn heard(socket: &UdpSocket) -> Option<Errno> {
    (0..LOOKS).find_map(|_| {
        let error = socket.recv(&mut [0; 8]).expect_err("nobody answers");
        Errno::from_io_error(&error).filter(|errno| *errno != Errno::AGAIN)
    })
}

const ATTEMPTS: usize = 100;

/// A second SYN is sent after a second (RFC 6298 §2.1).
const SECOND: Duration = Duration::from_secs(1);

fn without_waiting_for_a_second_attempt() {
    let pair = Pair::new();
    let doors = doors(&pair);
    let netfault = Netfault::new();
    for (target, flag) in [(&pair.client, "--port"), (&pair.server, "--local-port")] {
        for with in [TcpReset, IcmpPort] {
            let words = format!("reject {with} {flag} {} --for 60s", ports(&doors));
            let fault = netfault.inject(target, &words);
            for door in &doors {
                let attempt = |_| dial(&pair.client, door.listener.target());
                let mut times: Vec<_> = (0..ATTEMPTS).map(attempt).map(refused_after).collect();
                times.sort_unstable();
                let [p50, p99] = [times[49], times[98]];
                eprintln!("{with} {flag} {:?}: p50 {p50:?}, p99 {p99:?}", door.wire);
                assert!(
                    times[99] < SECOND,
                    "{with} {flag} {:?}: {times:?}",
                    door.wire
                );
            }
            assert_eq!(
                total(&fault.stop()).refused,
                2 * ATTEMPTS as u64,
                "one SYN each"
            );
        }
    }
}

fn refused_after((told, time): (Result<(), Errno>, Duration)) -> Duration {
    assert_eq!(told, Err(Errno::CONNREFUSED));
    time
}

/// Three fragments, then six datagrams in one packet of the sender's stack (`UDP_SEGMENT`).
fn a_large_datagram_too() {
    let pair = Pair::new();
    let doors = doors(&pair);
    let netfault = Netfault::new();
    for offloads in OFFLOADS {
        set(&pair, offloads);
        for (target, flag) in [(&pair.client, "--port"), (&pair.server, "--local-port")] {
            let capture = Capture::start_whole(&pair.client);
            let words = format!("reject {flag} {} --for 30s", ports(&doors));
            let fault = netfault.inject(target, &words);
            for door in &doors {
                let what = format!("{:?} {flag}, offloads {offloads:?}", door.wire);
                let socket = udp(&pair.client, door.listener.target(), false);
                socket
                    .send(&[0x5a; 4_000])
                    .expect("it is sent in fragments");
                assert_eq!(
                    heard(&socket),
                    Some(Errno::CONNREFUSED),
                    "fragments: {what}"
                );
                setsockopt(&socket, UdpGsoSegment, &1_301).expect("the kernel segments");
                socket.send(&[0xa5; 7_806]).expect("it is sent in segments");
                assert_eq!(heard(&socket), Some(Errno::CONNREFUSED), "segments: {what}");
            }
            let counted = total(&fault.stop());
            capture.fence(&pair.client, pair.server.v4().into());
            let seen = capture.unreachable();
            assert_eq!(seen.len() as u64, counted.refused, "offloads {offloads:?}");
            assert_eq!(
                counted.dropped, 4,
                "fragments after the first: {offloads:?}"
            );
            let most = |error: &Unreachable| if error.to.is_ipv4() { 548 } else { 1232 };
            assert!(
                seen.iter()
                    .all(|error| error.quote.len() >= most(error) - 2)
            );
        }
    }
    set(&pair, [true, true]);
}

/// An error quotes 1,232 bytes over IPv6 (RFC 4443 §2.4 (c)), and the kernel cuts no packet before its
/// transport header (`__bpf_skb_min_len`).
fn where_no_error_can_be_made_of_it_it_is_dropped_which_is_told() {
    let pair = Pair::new();
    let netfault = Netfault::new();
    let words = "reject --proto udp --direction egress --for 60s";
    let fault = netfault.inject(&pair.client, words);
    for options in [8, 1_288] {
        send_with_options(&pair, options);
    }
    let receipt = fault.stop();
    let counted = total(&receipt);
    assert_eq!((counted.refused, counted.failed), (1, 1), "{receipt:?}");
    let told = "packets dropped because the kernel made no answer to them: 1";
    assert!(
        receipt.warnings.iter().any(|line| line == told),
        "{receipt:?}"
    );
}

/// Sends a datagram behind so many bytes of hop-by-hop options (RFC 8200 §4.3).
fn send_with_options(pair: &Pair, options: u16) {
    let (from, to) = (pair.client.v6().octets(), pair.server.v6().octets());
    let [high, low] = (options + 8).to_be_bytes();
    let units = u8::try_from(options / 8 - 1).expect("the longest has 2,048 bytes");
    let mut extension = vec![0; options.into()];
    // The next header is UDP; the rest is Pad1.
    (extension[0], extension[1]) = (17, units);
    let frame = [
        &[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xdd][..],
        &[0x60, 0, 0, 0, high, low, 0, 64],
        &from,
        &to,
        &extension,
        &[0x9c, 0x40, 0, 53, 0, 8, 0xff, 0xff],
    ];
    let frame = frame.concat();
    pair.client.enter(|| {
        let raw = nix::sys::socket::AddressFamily::Packet;
        let socket = nix::sys::socket::socket(raw, SockType::Raw, SockFlag::empty(), None);
        let socket = socket.expect("root may");
        let interfaces = getifaddrs().expect("it has some");
        let links = interfaces.filter(|one| one.interface_name == "eth0");
        let link = links
            .filter_map(|one| one.address)
            .find(|at| at.as_link_addr().is_some());
        let link: SockaddrStorage = link.expect("eth0 has a link");
        let sent = sendto(socket.as_raw_fd(), &frame, &link, MsgFlags::empty());
        assert_eq!(sent, Ok(frame.len()));
    });
}
