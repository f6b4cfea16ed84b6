//! The interfaces of the calling thread's namespace, with their addresses (rtnetlink(7)).

use std::io;
use std::net::IpAddr;

use ipnet::IpNet;
use netlink_packet_core::{DecodeError, NlaBuffer};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::address::AddressMessage;
use netlink_packet_route::link::{LinkAttribute, LinkExtentMask, LinkMessage};
use netlink_sys::protocols::NETLINK_ROUTE;
use rustix::net::{AddressFamily, SocketFlags, SocketType, netdevice, socket_with};

use super::NetlinkError;
use super::netlink::{Netlink, attributes, number};

const SUBJECT: &str = "network interfaces";

/// Size of `struct ifinfomsg`, `linux/rtnetlink.h`.
const LINK_HEADER: usize = 16;
/// Size of `struct ifaddrmsg`, `linux/if_addr.h`.
const ADDRESS_HEADER: usize = 8;

/// Attributes of `linux/if_link.h`.
const IFLA_ADDRESS: u16 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_MTU: u16 = 4;
const IFLA_LINK: u16 = 5;
const IFLA_LINK_NETNSID: u16 = 37;
/// Attributes of `linux/if_addr.h`.
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;

/// `IFF_UP` of `linux/if.h`.
const IFF_UP: u32 = 1;

/// What an interface carries: its `ARPHRD_…` number in `linux/if_arp.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Packets start with an Ethernet header (1).
    Ethernet,
    /// The loopback interface (772).
    Loopback,
    /// Anything else, tunnels without a link-layer header (65534) among them.
    Other(u16),
}

impl Kind {
    const fn from_number(number: u16) -> Self {
        match number {
            1 => Self::Ethernet,
            772 => Self::Loopback,
            other => Self::Other(other),
        }
    }
}

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Index, unique in its namespace.
    pub index: u32,
    /// Name.
    pub name: String,
    /// What it carries.
    pub kind: Kind,
    /// Link-layer address; zero when there is none of six bytes.
    pub mac: [u8; 6],
    /// Whether it was set up by the administrator; it may still have no carrier.
    pub up: bool,
    /// Largest packet in bytes, without the link-layer header.
    pub mtu: u32,
    /// Own addresses, each with the length of its network's prefix.
    pub addresses: Vec<IpNet>,
    /// Index of the interface below it (a VLAN's) or of its other end (a veth's); `None` when
    /// there is none or it is in another namespace.
    pub parent: Option<u32>,
}

/// All interfaces, by index.
pub fn interfaces() -> Result<Vec<Interface>, NetlinkError> {
    let mut kernel = Netlink::open(NETLINK_ROUTE, SUBJECT)?;
    let mut found = kernel.list(&RouteNetlinkMessage::GetLink(links()), parse_link)?;
    let addresses = RouteNetlinkMessage::GetAddress(AddressMessage::default());
    for (index, address) in kernel.list(&addresses, parse_address)? {
        if let Some(owner) = found.iter_mut().find(|interface| interface.index == index) {
            owner.addresses.push(address);
        }
    }
    found.sort_unstable_by_key(|interface| interface.index);
    Ok(found)
}

/// The index of the interface called `name`; `None` when there is none.
pub fn interface_index(name: &str) -> Result<Option<u32>, NetlinkError> {
    let ask = || {
        let flags = SocketFlags::CLOEXEC;
        let socket = socket_with(AddressFamily::UNIX, SocketType::DGRAM, flags, None)?;
        netdevice::name_to_index(&socket, name)
    };
    match ask() {
        Ok(index) => Ok(Some(index)),
        // No such interface; a name that no interface can have.
        Err(rustix::io::Errno::NODEV | rustix::io::Errno::INVAL) => Ok(None),
        Err(errno) => Err(NetlinkError::Refused {
            subject: SUBJECT,
            source: io::Error::from(errno),
        }),
    }
}

/// All links, without their counters.
fn links() -> LinkMessage {
    let mut message = LinkMessage::default();
    message
        .attributes
        .push(LinkAttribute::ExtMask(vec![LinkExtentMask::SkipStats]));
    message
}

fn parse_link(payload: &[u8]) -> Result<Option<Interface>, DecodeError> {
    let head: &[u8; LINK_HEADER] = payload.first_chunk().ok_or("a link is 16 bytes or more")?;
    let [_, _, k0, k1, i0, i1, i2, i3, f0, f1, f2, f3, ..] = *head;
    let mut link = Interface {
        index: u32::from_ne_bytes([i0, i1, i2, i3]),
        name: String::new(),
        kind: Kind::from_number(u16::from_ne_bytes([k0, k1])),
        mac: [0; 6],
        up: u32::from_ne_bytes([f0, f1, f2, f3]) & IFF_UP != 0,
        mtu: 0,
        addresses: Vec::new(),
        parent: None,
    };
    let mut parent_elsewhere = false;
    for attribute in attributes(payload, LINK_HEADER) {
        let attribute = attribute?;
        parent_elsewhere |= attribute.kind() == IFLA_LINK_NETNSID;
        set(&mut link, &attribute);
    }
    link.parent = link.parent.filter(|_| !parent_elsewhere);
    Ok(Some(link))
}

fn set(link: &mut Interface, attribute: &NlaBuffer<&[u8]>) {
    let value = attribute.value();
    match attribute.kind() {
        IFLA_IFNAME => link.name = text(value),
        IFLA_MTU => link.mtu = number(value).unwrap_or_default(),
        IFLA_ADDRESS => link.mac = value.try_into().unwrap_or_default(),
        IFLA_LINK => link.parent = number(value).filter(|&index| index != 0),
        _ => {}
    }
}

/// An address and the index of its interface.
fn parse_address(payload: &[u8]) -> Result<Option<(u32, IpNet)>, DecodeError> {
    let bytes: &[u8; ADDRESS_HEADER] = payload
        .first_chunk()
        .ok_or("an address is 8 bytes or more")?;
    let [_, prefix, _, _, i0, i1, i2, i3] = *bytes;
    let (mut own, mut other) = (None, None);
    for attribute in attributes(payload, ADDRESS_HEADER) {
        let attribute = attribute?;
        match attribute.kind() {
            IFA_LOCAL => own = ip(attribute.value()),
            IFA_ADDRESS => other = ip(attribute.value()),
            _ => {}
        }
    }
    // On a point-to-point link IFA_ADDRESS is the peer's.
    let address = own.or(other).and_then(|ip| IpNet::new(ip, prefix).ok());
    Ok(address.map(|address| (u32::from_ne_bytes([i0, i1, i2, i3]), address)))
}

fn ip(value: &[u8]) -> Option<IpAddr> {
    let v4 = || <[u8; 4]>::try_from(value).map(IpAddr::from).ok();
    let v6 = || <[u8; 16]>::try_from(value).map(IpAddr::from).ok();
    v4().or_else(v6)
}

fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value)
        .trim_end_matches('\0')
        .to_owned()
}

#[cfg(test)]
mod tests;
