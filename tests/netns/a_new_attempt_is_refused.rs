//! While `reset` is in force, an attempt to connect is refused, and never reaches the peer.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use chaos_api::RuleCounters;
use chaos_tests::bed::netfault::total;
use chaos_tests::bed::tcp::{Listener, Wire};
use chaos_tests::bed::{Capture, Netfault, Pair, Unchanged};
use chaos_tests::promises;
use rustix::io::Errno;
use rustix::net::sockopt::set_socket_reuseaddr;
use rustix::net::{AddressFamily, SocketType, bind, connect, socket};

promises! { [Netfault, Tcpdump]
    when_the_target_dials,
    when_the_target_is_dialled,
    and_counts_though_its_port_is_used_again
}

const ATTEMPTS: u64 = 10;
const LIMIT: Duration = Duration::from_secs(1);

fn when_the_target_dials() {
    for wire in Wire::ALL {
        let pair = Pair::new();
        let unchanged = Unchanged::watch([&pair.client, &pair.server]);
        let netfault = Netfault::new();
        let listener = Listener::on(&pair.server, wire, 0);
        let capture = Capture::start(&pair.server);
        let words = format!("reset --port {} --for 30s", listener.port());
        let fault = netfault.inject(&pair.client, &words);
        are_refused(&listener, &pair);
        capture.fence(&pair.server, pair.client.v4().into());
        assert_eq!(
            capture.count(|segment| segment.opening),
            0,
            "SYNs that left the target"
        );
        assert_eq!(total(&fault.stop()), all_refused(wire), "{wire:?}");
        listener.accept_from(&pair.client).assert_alive();
        drop(capture);
        unchanged.assert();
    }
}

fn when_the_target_is_dialled() {
    for wire in Wire::ALL {
        let pair = Pair::new();
        let unchanged = Unchanged::watch([&pair.client, &pair.server]);
        let netfault = Netfault::new();
        let listener = Listener::on(&pair.server, wire, 0);
        let capture = Capture::start(&pair.server);
        let words = format!("reset --local-port {} --for 30s", listener.port());
        let fault = netfault.inject(&pair.server, &words);
        are_refused(&listener, &pair);
        capture.fence(&pair.server, pair.client.v4().into());
        let attempts = u64::try_from(capture.count(|segment| segment.opening));
        assert_eq!(attempts, Ok(ATTEMPTS), "SYNs on the wire");
        assert_eq!(total(&fault.stop()), all_refused(wire), "{wire:?}");
        listener.accept_from(&pair.client).assert_alive();
        drop(capture);
        unchanged.assert();
    }
}

fn and_counts_though_its_port_is_used_again() {
    let pair = Pair::new();
    let netfault = Netfault::new();
    let listener = Listener::on(&pair.server, Wire::V4, 0);
    let words = format!("reset --port {} --for 30s", listener.port());
    let fault = netfault.inject(&pair.client, &words);
    let to = SocketAddrV4::new(pair.server.v4(), listener.port());
    for _ in 0..ATTEMPTS {
        let refused = pair.client.enter(|| dial_from(40_000, to));
        assert_eq!(refused, Err(Errno::CONNREFUSED));
    }
    assert_eq!(fault.stop().connections_reset, ATTEMPTS);
}

fn dial_from(port: u16, to: SocketAddrV4) -> Result<(), Errno> {
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    set_socket_reuseaddr(&socket, true)?;
    bind(&socket, &SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port))?;
    connect(&socket, &to)
}

fn are_refused(listener: &Listener, pair: &Pair) {
    for _ in 0..ATTEMPTS {
        let outcome = listener.attempt_from(&pair.client, LIMIT);
        assert_eq!(
            outcome.expect_err("it must not connect"),
            ErrorKind::ConnectionRefused
        );
    }
}

/// One SYN for each attempt: Ethernet, IP and a TCP header with 20 bytes of options.
fn all_refused(wire: Wire) -> RuleCounters {
    let syn = 14 + if wire == Wire::V6 { 40 } else { 20 } + 40;
    RuleCounters {
        matched: ATTEMPTS,
        matched_bytes: ATTEMPTS * syn,
        refused: ATTEMPTS,
        ..RuleCounters::default()
    }
}
