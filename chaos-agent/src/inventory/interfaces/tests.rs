//! Links and addresses as the kernel writes them.

use super::*;

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + value.len()).unwrap();
    let mut bytes = [length.to_ne_bytes(), kind.to_ne_bytes()].concat();
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn link(kind: u16, flags: u32, attributes: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = vec![0, 0];
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(7_u32.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend([0; 4]);
    bytes.extend(attributes.concat());
    bytes
}

fn address(prefix: u8, attributes: &[Vec<u8>]) -> Option<(u32, IpNet)> {
    let mut bytes = vec![2, prefix, 0, 0];
    bytes.extend(7_u32.to_ne_bytes());
    bytes.extend(attributes.concat());
    parse_address(&bytes).unwrap()
}

#[test]
fn a_link_is_read_and_unknown_attributes_are_passed_over() {
    let attributes = [
        attribute(IFLA_IFNAME, b"eth0\0"),
        attribute(0x3fff, b"from a later kernel"),
        attribute(IFLA_MTU, &1450_u32.to_ne_bytes()),
        attribute(IFLA_ADDRESS, &[2, 0, 0, 0, 0, 9]),
        attribute(IFLA_LINK, &12_u32.to_ne_bytes()),
    ];
    let found = parse_link(&link(1, 0x1003, &attributes)).unwrap().unwrap();
    let wanted = Interface {
        index: 7,
        name: "eth0".into(),
        kind: Kind::Ethernet,
        mac: [2, 0, 0, 0, 0, 9],
        up: true,
        mtu: 1450,
        addresses: vec![],
        parent: Some(12),
    };
    assert_eq!(found, wanted);
}

#[test]
fn a_veth_end_in_another_namespace_is_no_parent() {
    let parent = attribute(IFLA_LINK, &7_u32.to_ne_bytes());
    let elsewhere = attribute(IFLA_LINK_NETNSID, &0_u32.to_ne_bytes());
    let found = parse_link(&link(1, 0, &[elsewhere, parent]))
        .unwrap()
        .unwrap();
    assert_eq!(found.parent, None);
}

#[test]
fn kinds_are_told_apart_and_long_hardware_addresses_are_none() {
    let infiniband = link(32, 0, &[attribute(IFLA_ADDRESS, &[1; 20])]);
    let found = parse_link(&infiniband).unwrap().unwrap();
    assert_eq!(
        (found.kind, found.mac, found.up),
        (Kind::Other(32), [0; 6], false)
    );
    let lo = parse_link(&link(772, 1, &[])).unwrap().unwrap();
    assert_eq!((lo.kind, lo.parent), (Kind::Loopback, None));
}

#[test]
fn the_own_address_of_a_point_to_point_link_is_the_local_one() {
    let own = attribute(IFA_LOCAL, &[198, 18, 0, 1]);
    let other = attribute(IFA_ADDRESS, &[198, 18, 0, 2]);
    assert_eq!(
        address(32, &[other, own]),
        Some((7, "198.18.0.1/32".parse().unwrap()))
    );
}

#[test]
fn ipv6_has_only_the_one_address() {
    let ip: std::net::Ipv6Addr = "fd5f:198:18::1".parse().unwrap();
    let found = address(64, &[attribute(IFA_ADDRESS, &ip.octets())]);
    assert_eq!(found, Some((7, "fd5f:198:18::1/64".parse().unwrap())));
}

#[test]
fn addresses_of_other_families_are_left_out_and_short_messages_are_errors() {
    assert_eq!(address(8, &[attribute(IFA_ADDRESS, &[1, 2])]), None);
    assert!(parse_link(&[0; 15]).is_err());
    assert!(parse_address(&[0; 7]).is_err());
}
