//! Replies as `net/ipv4/inet_diag.c` fills them.

use netlink_packet_core::Emitable;

use super::*;

fn reply(local: &str, peer: &str, state: u8, timer: Option<Timer>) -> Vec<u8> {
    let (local, peer): (SocketAddr, SocketAddr) = (local.parse().unwrap(), peer.parse().unwrap());
    let header = InetResponseHeader {
        family: if local.is_ipv4() { AF_INET } else { AF_INET6 },
        state,
        timer,
        socket_id: SocketId {
            source_port: local.port(),
            destination_port: peer.port(),
            source_address: local.ip(),
            destination_address: peer.ip(),
            interface_id: 3,
            cookie: u64::to_ne_bytes(0x55),
        },
        recv_queue: 1,
        send_queue: 2,
        uid: 1000,
        inode: 77,
    };
    let mut bytes = vec![0; header.buffer_len()];
    header.emit(&mut bytes);
    bytes
}

fn parsed(bytes: &[u8]) -> Option<Connection> {
    parse(bytes, States::LIVE).unwrap()
}

#[test]
fn a_reply_becomes_a_connection() {
    let found = parsed(&reply("198.18.0.1:40000", "198.18.0.2:4222", 1, None)).unwrap();
    assert_eq!(found.local, "198.18.0.1:40000".parse().unwrap());
    assert_eq!(found.peer, "198.18.0.2:4222".parse().unwrap());
    assert_eq!((found.state, found.mapped), (TcpState::Established, false));
    assert_eq!((found.interface, found.inode, found.uid), (3, 77, 1000));
    assert_eq!((found.recv_queue, found.send_queue), (1, 2));
}

#[test]
fn mapped_addresses_become_ipv4_and_are_marked() {
    let bytes = reply(
        "[::ffff:198.18.0.1]:80",
        "[::ffff:198.18.0.2]:40000",
        8,
        None,
    );
    let found = parsed(&bytes).unwrap();
    assert_eq!(found.local, "198.18.0.1:80".parse().unwrap());
    assert_eq!(found.peer, "198.18.0.2:40000".parse().unwrap());
    assert!(found.mapped);
}

#[test]
fn other_ipv6_addresses_stay() {
    let found = parsed(&reply(
        "[fd5f:198:18::1]:80",
        "[fd5f:198:18::2]:40000",
        1,
        None,
    ))
    .unwrap();
    assert_eq!(found.peer, "[fd5f:198:18::2]:40000".parse().unwrap());
    assert!(!found.mapped);
    let found = parsed(&reply("[fe80::1]:80", "[fe80::2]:40000", 1, None)).unwrap();
    assert_eq!(found.local, "[fe80::1%3]:80".parse().unwrap());
}

#[test]
fn what_is_left_of_a_freed_socket_is_time_wait() {
    let bytes = reply(
        "198.18.0.1:80",
        "198.18.0.2:40000",
        5,
        Some(Timer::TimeWait),
    );
    assert_eq!(parsed(&bytes), None);
    let found = parse(&bytes, States::ALL).unwrap().unwrap();
    assert_eq!(found.state, TcpState::TimeWait);
}

#[test]
fn states_not_asked_for_or_unknown_are_left_out() {
    for state in [0, 3, 6, 7, 10, 12, 13] {
        assert_eq!(
            parsed(&reply("198.18.0.1:80", "198.18.0.2:9", state, None)),
            None
        );
    }
}

#[test]
fn a_short_reply_is_an_error() {
    assert!(parse(&[2; 71], States::ALL).is_err());
}

#[test]
fn cookies_are_two_words_the_low_one_first() {
    let mut bytes = [0; 8];
    bytes[..4].copy_from_slice(&0x55_u32.to_ne_bytes());
    bytes[4..].copy_from_slice(&0x1_u32.to_ne_bytes());
    assert_eq!(cookie(bytes), 0x1_0000_0055);
}

#[test]
fn a_connection_that_a_sidecar_took_is_told_from_one_that_leaves() {
    let found = |local, peer| parsed(&reply(local, peer, 1, None)).unwrap();
    let all = [
        // The application's, which it believes to lead to a Service; the sidecar's end of it; the
        // sidecar's own, which does.
        found("198.19.0.5:40000", "198.18.0.9:80"),
        found("127.0.0.1:15001", "198.19.0.5:40000"),
        found("198.19.0.5:40001", "198.18.0.9:80"),
        // A server's, from elsewhere and from the pod itself.
        found("198.19.0.5:8080", "198.19.0.6:50000"),
        found("198.19.0.5:8080", "198.19.0.5:50001"),
        found("198.19.0.5:50001", "198.19.0.5:8080"),
    ];
    let locals: Vec<_> = redirected(&all).into_iter().collect();
    assert_eq!(locals, [all[0].local]);
}
