//! `interfaces: Loopback | All` meets what the target says to itself; nothing else ever does.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

use chaos_tests::bed::tcp::{Connection, Listener, Wire, read_error};
use chaos_tests::bed::{Host, Netfault, Pair, Unchanged};
use chaos_tests::promises;

promises! { [Netfault]
    by_a_reset_of_idle_connections,
    by_a_reset_of_busy_and_new_ones,
    by_a_blackhole,
    and_never_by_what_does_not_ask,
    and_by_all_together_with_the_rest
}

const SOON: Duration = Duration::from_secs(1);

/// Addresses that a host has on loopback: its own, and that of its interface.
fn addresses(host: &Host) -> [IpAddr; 4] {
    [
        Ipv4Addr::LOCALHOST.into(),
        Ipv6Addr::LOCALHOST.into(),
        host.v4().into(),
        host.v6().into(),
    ]
}

/// A connection of a host with itself.
struct Own {
    listener: TcpListener,
    connection: Connection,
}

impl Own {
    fn open(host: &Host, address: IpAddr) -> Self {
        host.enter(|| {
            let listener = TcpListener::bind((address, 0)).expect("a port is free");
            let connection = Self::dial(&listener).expect("it listens");
            Self {
                listener,
                connection,
            }
        })
    }

    fn dial(listener: &TcpListener) -> Result<Connection, ErrorKind> {
        let to: SocketAddr = listener.local_addr().expect("it is bound");
        let client = TcpStream::connect_timeout(&to, SOON).map_err(|error| error.kind())?;
        let (server, _) = listener.accept().expect("it was dialled");
        Ok(Connection { client, server })
    }
}

fn by_a_reset_of_idle_connections() {
    let pair = Pair::new();
    let unchanged = Unchanged::watch([&pair.client]);
    let netfault = Netfault::new();
    for address in addresses(&pair.client) {
        let own = Own::open(&pair.client, address);
        let fault = netfault.inject(&pair.client, "reset --interfaces loopback --for 30s");
        own.connection.assert_reset(SOON);
        let receipt = fault.stop();
        assert!(receipt.connections_reset >= 1, "{address}: {receipt:?}");
        assert!(
            receipt.warnings.is_empty(),
            "{address}: {:?}",
            receipt.warnings
        );
        let again = pair.client.enter(|| Own::dial(&own.listener));
        again.expect("it is over").assert_alive();
    }
    unchanged.assert();
}

fn by_a_reset_of_busy_and_new_ones() {
    let pair = Pair::new();
    let netfault = Netfault::new();
    for address in addresses(&pair.client) {
        // Connections that exist are left to their next segment.
        let own = Own::open(&pair.client, address);
        let port = own.listener.local_addr().expect("it is bound").port();
        let words =
            format!("reset --interfaces loopback --connections new --port {port} --for 30s");
        let fault = netfault.inject(&pair.client, &words);
        own.connection.assert_alive();
        let refused = pair.client.enter(|| Own::dial(&own.listener));
        assert_eq!(
            refused.err(),
            Some(ErrorKind::ConnectionRefused),
            "{address}"
        );
        own.connection.assert_alive();
        assert!(fault.stop().connections_reset >= 1);
        let words = format!("reset 0% --interfaces loopback --port {port} --for 30s");
        let fault = netfault.inject(&pair.client, &words);
        own.connection.assert_alive();
        fault.stop();
        let words = format!("reset --interfaces loopback --local-port {port} --for 30s");
        let fault = netfault.inject(&pair.client, &words);
        assert_eq!(
            read_error(&own.connection.client, SOON),
            ErrorKind::ConnectionReset
        );
        let refused = pair.client.enter(|| Own::dial(&own.listener));
        assert_eq!(
            refused.err(),
            Some(ErrorKind::ConnectionRefused),
            "{address}: at its end"
        );
        fault.stop();
    }
}

fn by_a_blackhole() {
    let pair = Pair::new();
    let unchanged = Unchanged::watch([&pair.client]);
    let netfault = Netfault::new();
    for address in addresses(&pair.client) {
        let own = Own::open(&pair.client, address);
        let datagrams = pair.client.enter(|| {
            let bind = || UdpSocket::bind((address, 0)).expect("a port is free");
            let (from, to) = (bind(), bind());
            from.connect(to.local_addr().expect("it is bound"))
                .expect("it has a route");
            to.set_nonblocking(true).expect("it is a socket");
            (from, to)
        });
        let arrives = || {
            datagrams.0.send(b"x").expect("sendto never fails");
            datagrams.1.recv(&mut [0]).is_ok()
        };
        let fault = netfault.inject(&pair.client, "blackhole --interfaces loopback --for 30s");
        assert!(!arrives(), "{address}");
        std::io::Write::write_all(&mut &own.connection.client, b"x").expect("it is queued");
        let seen = read_error(&own.connection.server, Duration::from_millis(300));
        assert_eq!(seen, ErrorKind::WouldBlock, "{address}");
        assert!(fault.stop().traffic_matched);
        assert!(arrives(), "{address}");
    }
    unchanged.assert();
}

fn and_never_by_what_does_not_ask() {
    let pair = Pair::new();
    let netfault = Netfault::new();
    for address in addresses(&pair.client) {
        let own = Own::open(&pair.client, address);
        for words in ["reset --for 30s", "blackhole --for 30s"] {
            // Another one asks, so that loopback has hooks.
            let other = "blackhole --interfaces loopback --port 9 --for 30s";
            let other = netfault.inject(&pair.client, other);
            let fault = netfault.inject(&pair.client, words);
            own.connection.assert_alive();
            let again = pair.client.enter(|| Own::dial(&own.listener));
            again.expect("nothing hits it").assert_alive();
            assert!(!fault.stop().traffic_matched, "{address}: {words}");
            other.stop();
        }
    }
}

fn and_by_all_together_with_the_rest() {
    let pair = Pair::new();
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let netfault = Netfault::new();
    for wire in Wire::ALL {
        let listener = Listener::on(&pair.server, wire, 0);
        let outside = listener.accept_from(&pair.client);
        let own = Own::open(&pair.client, wire.address_of(&pair.client));
        let fault = netfault.inject(&pair.client, "reset --interfaces all --for 30s");
        outside.assert_reset(SOON);
        own.connection.assert_reset(SOON);
        fault.stop();
    }
    unchanged.assert();
}
