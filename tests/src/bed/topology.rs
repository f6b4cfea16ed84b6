//! Hosts with an `eth0` each, and the smallest network: two of them on one wire.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Deref;
use std::time::Duration;

use super::namespace::Namespace;
use super::wait::eventually;

/// A namespace with an `eth0` that has one address of each family.
#[derive(Debug)]
pub struct Host {
    namespace: Namespace,
    number: u8,
}

impl Host {
    /// A host that is the `number`-th of its network; its `eth0` is still to be made.
    pub(crate) fn new(label: &str, number: u8) -> Self {
        Self {
            namespace: Namespace::new(label),
            number,
        }
    }

    /// Its IPv4 address, in 198.18.0.0/24 (RFC 2544 benchmarking).
    pub fn v4(&self) -> Ipv4Addr {
        Ipv4Addr::new(198, 18, 0, self.number)
    }

    /// Its IPv6 address, in `fd5f:198:18::/64` (a unique local prefix, RFC 4193).
    pub fn v6(&self) -> Ipv6Addr {
        Ipv6Addr::new(0xfd5f, 0x198, 0x18, 0, 0, 0, 0, self.number.into())
    }

    /// Its IPv4 address as an IPv6 socket names it.
    pub fn v4_mapped(&self) -> Ipv6Addr {
        self.v4().to_ipv6_mapped()
    }

    /// Its addresses, one of each family.
    pub fn addresses(&self) -> [IpAddr; 2] {
        [self.v4().into(), self.v6().into()]
    }

    /// Gives `eth0` its addresses and brings it up.
    pub(crate) fn configure(&self) {
        let (v4, v6) = (format!("{}/24", self.v4()), format!("{}/64", self.v6()));
        self.ip(&["address", "add", &v4, "dev", "eth0"]);
        self.ip(&["address", "add", &v6, "dev", "eth0", "nodad"]);
        self.ip(&["link", "set", "eth0", "up"]);
    }

    /// Waits until the kernel takes `eth0` for operational (RFC 2863), which it notices a while
    /// after the carrier and without which IPv6 finds no neighbours, and has settled its
    /// link-local address.
    #[track_caller]
    pub(crate) fn await_carrier(&self) {
        eventually("eth0 is operational", Duration::from_secs(5), || {
            let shown = self.ip(&["address", "show", "eth0"]);
            let settled = shown.contains("fe80:") && !shown.contains("tentative");
            (settled && shown.contains("state UP")).then_some(())
        });
    }
}

impl Deref for Host {
    type Target = Namespace;

    fn deref(&self) -> &Namespace {
        &self.namespace
    }
}

/// Two hosts on one wire.
#[derive(Debug)]
pub struct Pair {
    /// Where connections start.
    pub client: Host,
    /// Where connections end.
    pub server: Host,
}

impl Pair {
    /// Makes both namespaces and the veth between them. The ends are made inside the namespaces,
    /// so the machine's own list of interfaces never shows them.
    pub fn new() -> Self {
        let pair = Self {
            client: Host::new("client", 1),
            server: Host::new("server", 2),
        };
        let peer = ["peer", "name", "eth0", "netns", pair.server.name()];
        pair.client
            .ip(&[&["link", "add", "eth0", "type", "veth"][..], &peer].concat());
        pair.client.configure();
        pair.server.configure();
        [&pair.client, &pair.server]
            .into_iter()
            .for_each(Host::await_carrier);
        pair
    }
}

impl Default for Pair {
    fn default() -> Self {
        Self::new()
    }
}
