//! The machine's own addresses, from which the kubelet probes its pods.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv6Addr};

use super::HostError;

/// The routes of process 1's namespace, its own addresses among them (`net/ipv4/fib_trie.c`).
const IPV4: &str = "/proc/1/net/fib_trie";
/// The IPv6 addresses of process 1's namespace (`proc_pid_net(5)`).
const IPV6: &str = "/proc/1/net/if_inet6";

/// The addresses of process 1's network namespace, in order, without entering it. Left out are
/// those of loopback and IPv6's link-local ones: nothing reaches another namespace from there.
pub fn local_addresses() -> Result<Vec<IpAddr>, HostError> {
    let mut found: BTreeSet<IpAddr> = ipv4(&text(IPV4)?).collect();
    found.extend(ipv6(&text(IPV6)?));
    Ok(found.into_iter().collect())
}

/// What a file of /proc/1/net says; nothing where the kernel has no such family.
fn text(path: &'static str) -> Result<String, HostError> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        result => result.map_err(|source| HostError::Read { path, source }),
    }
}

/// The leaves of the trie: a line `|-- ADDRESS`, and below it one for each length and type.
fn ipv4(text: &str) -> impl Iterator<Item = IpAddr> {
    let mut leaf = None;
    text.lines().filter_map(move |line| {
        let line = line.trim_start();
        if let Some(address) = line.strip_prefix("|-- ") {
            leaf = address.parse::<IpAddr>().ok();
            return None;
        }
        let own = line.starts_with("/32 ") && line.ends_with(" LOCAL");
        leaf.filter(|address| own && !address.is_loopback())
    })
}

/// The lines: 32 hexadecimal digits, then the interface and what is known of it.
fn ipv6(text: &str) -> impl Iterator<Item = IpAddr> {
    let addresses = text.lines().filter_map(|line| {
        let bits = u128::from_str_radix(line.split(' ').next()?, 16).ok()?;
        Some(Ipv6Addr::from_bits(bits))
    });
    addresses
        .filter(|address| !address.is_loopback() && !address.is_unicast_link_local())
        .map(IpAddr::V6)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRIE: &str = "\
Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 127.0.0.0/8 2 0 2
        +-- 127.0.0.0/31 1 0 0
           |-- 127.0.0.0
              /8 host LOCAL
           |-- 127.0.0.1
              /32 host LOCAL
        |-- 127.255.255.255
           /32 link BROADCAST
     +-- 198.18.0.0/15 2 0 2
        |-- 198.18.0.0
           /24 link UNICAST
        |-- 198.18.0.11
           /32 host LOCAL
        |-- 198.19.1.1
           /24 link UNICAST
           /32 host LOCAL
        |-- 198.19.1.7
           /32 link UNICAST
Local:
        |-- 198.18.0.11
           /32 host LOCAL
";

    const INET6: &str = "\
fe800000000000003089e8fffef4c236 0a 40 20 80 vethb8478d04
fd6e0066000000000000000000000011 02 40 00 82     eth0
00000000000000000000000000000001 01 80 10 80       lo
";

    #[test]
    fn own_addresses_are_told_from_routes_and_loopback() {
        let found: BTreeSet<String> = ipv4(TRIE).map(|ip| ip.to_string()).collect();
        assert_eq!(Vec::from_iter(found), ["198.18.0.11", "198.19.1.1"]);
        let found: Vec<String> = ipv6(INET6).map(|ip| ip.to_string()).collect();
        assert_eq!(found, ["fd6e:66::11"]);
    }

    #[test]
    fn files_that_say_nothing_have_no_address() {
        for text in ["", "\n", "Main:\n", "|-- x\n /32 host LOCAL", "zz 01"] {
            assert_eq!(ipv4(text).count() + ipv6(text).count(), 0, "{text}");
        }
    }

    #[test]
    fn this_machine_s_can_be_read() {
        let found = local_addresses().unwrap();
        assert!(found.iter().all(|address| !address.is_loopback()));
        assert!(found.is_sorted());
    }
}
