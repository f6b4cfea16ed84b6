//! Peers on the command line.

use chaos_api::{Peer, PeerArg, PortRange};

fn at(cidr: &str, ports: &str) -> PeerArg {
    PeerArg::Peer(Peer::at(cidr.parse().unwrap(), &list(ports)))
}

fn host(name: &str, ports: &str) -> PeerArg {
    PeerArg::Host {
        host: name.into(),
        ports: list(ports),
    }
}

fn list(ports: &str) -> Vec<PortRange> {
    if ports.is_empty() {
        Vec::new()
    } else {
        PortRange::list(ports).unwrap()
    }
}

#[test]
fn every_form_of_a_peer_is_read() {
    let cases = [
        ("10.0.0.1", at("10.0.0.1/32", "")),
        ("10.0.0.1:4222", at("10.0.0.1/32", "4222")),
        ("10.0.0.0/8", at("10.0.0.0/8", "")),
        (
            "10.0.0.0/8:4222,6222-6230",
            at("10.0.0.0/8", "4222,6222-6230"),
        ),
        ("fd00::1", at("fd00::1/128", "")),
        ("fd00::/8", at("fd00::/8", "")),
        ("[fd00::1]", at("fd00::1/128", "")),
        (
            "[fd00::1]:4222,6222-6230",
            at("fd00::1/128", "4222,6222-6230"),
        ),
        ("[fd00::/8]:53", at("fd00::/8", "53")),
        ("::ffff:10.0.0.1", at("10.0.0.1/32", "")),
        ("nats", host("nats", "")),
        ("nats.example.org:4222", host("nats.example.org", "4222")),
        ("4.pool.ntp.org.", host("4.pool.ntp.org.", "")),
    ];
    for (arg, expected) in cases {
        assert_eq!(Peer::from_arg(arg), Ok(expected), "{arg}");
    }
}

#[test]
fn a_peer_of_a_cluster_is_refused_by_name() {
    for arg in [
        "svc/nats",
        "svc/nats.messaging:4222",
        "pod/nats-0",
        "deploy/nats",
        "label:app=nats",
    ] {
        let expected =
            format!("{arg}: is for clusters; in local mode name an address, a CIDR or a host");
        assert_eq!(Peer::from_arg(arg).unwrap_err().to_string(), expected);
    }
}

#[test]
fn what_is_no_peer_is_refused_with_the_forms() {
    let wrong = [
        "",
        ":4222",
        "10.0.0.256",
        "10.0.0",
        "10.0.0.0/33",
        "fd00::1:x",
        "[fd00::1",
        "[fd00::1]4222",
        "[10.0.0.1]:80",
        "a b",
        "-a",
        "a..b",
        "http://nats",
    ];
    for arg in wrong {
        let line = Peer::from_arg(arg).unwrap_err().to_string();
        assert!(line.starts_with(&format!("{arg}: ")), "{line}");
        assert_eq!(line.lines().count(), 1);
    }
    let zero = Peer::from_arg("nats:0").unwrap_err().to_string();
    assert_eq!(zero, r#"nats:0: "0" has port 0; ports are 1 to 65535"#);
}
