//! What every other test relies on, shown without netfault: namespaces, connections, witnesses.

use std::io::ErrorKind;
use std::process::Command;
use std::time::Duration;

use chaos_tests::bed::tcp::{Bulk, CongestionState, Connection, Listener, Wire, tcp_info};
use chaos_tests::bed::{Capture, Fingerprint, Pair, Star, UdpPath, Unchanged, process};
use chaos_tests::promises;

promises! {
    [] both_ends_of_a_connection_are_held,
    every_host_of_a_star_reaches_every_other,
    a_fingerprint_shows_what_was_changed,
    a_child_ends_with_its_guard,
    a_bulk_transfer_flows_and_both_ends_see_its_end,
    datagrams_are_counted_where_they_arrive,
    the_kernel_tells_a_socket_s_state;
    [Tcpdump] a_capture_counts_what_the_wire_carried;
}

const SOON: Duration = Duration::from_secs(5);

fn both_ends_of_a_connection_are_held() {
    let pair = Pair::new();
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    for wire in Wire::ALL {
        Connection::open(&pair, wire).assert_alive();
    }
    unchanged.assert();
}

fn every_host_of_a_star_reaches_every_other() {
    let star = Star::new(&["publisher", "bystander", "broker"]);
    for server in star.hosts() {
        for wire in Wire::ALL {
            let listener = Listener::on(server, wire, 0);
            for client in star.hosts() {
                listener.accept_from(client).assert_alive();
            }
        }
    }
}

fn a_fingerprint_shows_what_was_changed() {
    let pair = Pair::new();
    let ip = |words: &str| drop(pair.client.ip(&words.split(' ').collect::<Vec<_>>()));
    let shows = |names: &[&str], change: &dyn Fn()| {
        let before = Fingerprint::of(&pair.client);
        change();
        let difference = before.difference(&Fingerprint::of(&pair.client));
        for expected in names {
            let mut named = difference.names().into_iter();
            assert!(
                named.any(|name| name.starts_with(expected)),
                "{expected} in\n{difference}"
            );
        }
    };
    shows(&["address lo", "route4"], &|| {
        ip("address add 198.18.9.1/32 dev lo");
    });
    shows(&["link eth0"], &|| ip("link set eth0 mtu 1400"));
    shows(&["rule4 9"], &|| ip("rule add prio 9 table 9"));
    shows(&["qdisc eth0"], &|| {
        drop(
            pair.client
                .succeed(Command::new("tc").args(["qdisc", "add", "dev", "eth0", "clsact"])),
        );
    });
    shows(&["sysctl net/ipv4"], &|| {
        pair.client.set_sysctl("net/ipv4/ip_default_ttl", "63");
    });
}

fn a_child_ends_with_its_guard() {
    let pair = Pair::new();
    let child = pair.client.spawn(Command::new("sleep").arg("60"));
    let before = Fingerprint::of(&pair.client);
    let pid = child.pid();
    child.freeze();
    assert_eq!(process::state(pid), Some('T'));
    child.thaw();
    drop(child);
    assert!(!process::is_alive(pid), "the guard has reaped {pid}");
    let difference = before.difference(&Fingerprint::of(&pair.client));
    assert_eq!(
        difference.names(),
        [format!("process {pid}")],
        "the fingerprint shows it"
    );
}

fn a_bulk_transfer_flows_and_both_ends_see_its_end() {
    let pair = Pair::new();
    let bulk = Bulk::start(Connection::open(&pair, Wire::V4));
    bulk.await_bytes(10_000_000, SOON);
    let port = bulk.connection().port().to_string();
    pair.client
        .succeed(Command::new("ss").args(["-K", "dport", "=", &port]));
    let end = bulk.await_end(SOON);
    assert_eq!(end.reader, ErrorKind::ConnectionReset);
    // SOCK_DESTROY is no reset: its own side is told otherwise.
    assert_eq!(end.writer, ErrorKind::ConnectionAborted);
}

fn datagrams_are_counted_where_they_arrive() {
    let pair = Pair::new();
    for wire in Wire::ALL {
        let path = UdpPath::open(&pair.client, &pair.server, wire);
        path.send(20).expect("nothing is in the way");
        assert_eq!(path.arrivals(), 20, "{wire:?}");
    }
}

fn the_kernel_tells_a_socket_s_state() {
    let pair = Pair::new();
    for wire in Wire::ALL {
        let connection = Connection::open(&pair, wire);
        connection.assert_alive();
        let info = tcp_info(&pair.client, &connection.client).expect("the socket is there");
        assert_eq!(info.congestion, CongestionState::Open);
        assert_eq!(
            (info.received, info.acknowledged),
            (1, 2),
            "a byte each way, and the SYN"
        );
    }
}

fn a_capture_counts_what_the_wire_carried() {
    let pair = Pair::new();
    let capture = Capture::start(&pair.server);
    let listener = Listener::on(&pair.server, Wire::V6, 0);
    listener.accept_many(&pair.client, 20);
    drop(listener);
    capture.fence(&pair.server, pair.client.v6().into());
    assert_eq!(capture.count(|segment| segment.opening), 20);
}
