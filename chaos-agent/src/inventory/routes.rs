//! Through which interface a connection's packets leave the calling thread's namespace.

use std::collections::HashMap;
use std::net::IpAddr;

use netlink_packet_core::DecodeError;
use netlink_packet_route::route::{RouteAddress, RouteAttribute, RouteMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use netlink_sys::protocols::NETLINK_ROUTE;

use super::netlink::{Netlink, attributes, number};
use super::{Connection, NetlinkError};

/// Size of `struct rtmsg`, linux/rtnetlink.h, and where its type is.
const HEADER: usize = 12;
const TYPE_AT: usize = 7;
const RTA_OIF: u16 = 4;
const RTN_LOCAL: u8 = 2;

/// Where packets to a peer go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Route {
    /// Index of the interface.
    pub interface: u32,
    /// The peer's address is one of this namespace's own: the packets stay on loopback.
    pub own: bool,
}

/// The route from `local` to `peer`. To ask for many, keep a [`Routes`].
pub fn route(local: IpAddr, peer: IpAddr) -> Result<Route, NetlinkError> {
    Routes::open()?.lookup(local, peer)
}

/// Routes of one namespace, each asked for once. They are as old as the first question.
#[derive(Debug)]
pub struct Routes {
    kernel: Netlink,
    known: HashMap<(IpAddr, IpAddr), Route>,
}

impl Routes {
    /// Starts with none, in the calling thread's namespace; lookups may come from any thread.
    pub fn open() -> Result<Self, NetlinkError> {
        Ok(Self {
            kernel: Netlink::open(NETLINK_ROUTE, "routes")?,
            known: HashMap::new(),
        })
    }

    /// The route from `local` to `peer`.
    pub fn lookup(&mut self, local: IpAddr, peer: IpAddr) -> Result<Route, NetlinkError> {
        if let Some(&route) = self.known.get(&(local, peer)) {
            return Ok(route);
        }
        let route = match self.ask(Some(local), peer) {
            // A transparent proxy's connection has an address that is not ours (IP_TRANSPARENT):
            // EINVAL or ENETUNREACH, by kernel.
            Err(NetlinkError::Refused { .. }) => self.ask(None, peer),
            result => result,
        }?;
        self.known.insert((local, peer), route);
        Ok(route)
    }

    /// The route of a connection; a socket that is bound to an interface needs no lookup.
    pub fn of(&mut self, connection: &Connection) -> Result<Route, NetlinkError> {
        match connection.interface {
            0 => self.lookup(connection.local.ip(), connection.peer.ip()),
            interface => Ok(Route {
                interface,
                own: false,
            }),
        }
    }

    fn ask(&mut self, local: Option<IpAddr>, peer: IpAddr) -> Result<Route, NetlinkError> {
        self.kernel
            .ask(RouteNetlinkMessage::GetRoute(question(local, peer)), parse)
    }
}

fn question(local: Option<IpAddr>, peer: IpAddr) -> RouteMessage {
    let (family, bits) = match peer {
        IpAddr::V4(_) => (AddressFamily::Inet, 32),
        IpAddr::V6(_) => (AddressFamily::Inet6, 128),
    };
    let mut message = RouteMessage::default();
    message.header.address_family = family;
    message.header.destination_prefix_length = bits;
    message
        .attributes
        .push(RouteAttribute::Destination(RouteAddress::from(peer)));
    if let Some(local) = local {
        message.header.source_prefix_length = bits;
        message
            .attributes
            .push(RouteAttribute::Source(RouteAddress::from(local)));
    }
    message
}

fn parse(payload: &[u8]) -> Result<Route, DecodeError> {
    let own = payload.get(TYPE_AT) == Some(&RTN_LOCAL);
    for attribute in attributes(payload, HEADER) {
        let attribute = attribute?;
        if attribute.kind() == RTA_OIF {
            let interface = number(attribute.value()).ok_or("an interface index is 4 bytes")?;
            return Ok(Route { interface, own });
        }
    }
    Err("a route that names no interface".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(kind: u8, attribute: u16) -> Vec<u8> {
        let mut bytes = vec![2, 32, 0, 0, 254, 0, 0, kind, 0, 0, 0, 0];
        bytes.extend(8_u16.to_ne_bytes());
        bytes.extend(attribute.to_ne_bytes());
        bytes.extend(5_u32.to_ne_bytes());
        bytes
    }

    #[test]
    fn the_interface_is_read_and_own_addresses_are_told() {
        assert_eq!(
            parse(&answer(1, RTA_OIF)).unwrap(),
            Route {
                interface: 5,
                own: false
            }
        );
        assert_eq!(
            parse(&answer(2, RTA_OIF)).unwrap(),
            Route {
                interface: 5,
                own: true
            }
        );
    }

    #[test]
    fn an_answer_without_an_interface_is_an_error() {
        assert!(parse(&answer(1, 9)).is_err());
        assert!(parse(&[]).is_err());
    }
}
