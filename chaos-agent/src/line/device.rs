//! The line's device: a TAP in the target's namespace that nothing but our hooks sends to.

use std::os::fd::{AsFd, BorrowedFd};

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{
    AfSpecInet6, AfSpecUnspec, In6AddrGenMode, LinkAttribute, LinkFlags, LinkMessage,
};
use netlink_sys::protocols::NETLINK_ROUTE;
use rustix::rand::{GetRandomFlags, getrandom};

use super::LineError;
use crate::dataplane::Tun;
use crate::inventory::{Namespace, Netlink, interface_index};

/// The most that a TAP takes: 64 KiB less an Ethernet header.
const MTU: u32 = 65_521;

/// Frames that wait for the line to read them.
pub(super) const QUEUE: u32 = 8_192;

const SUBJECT: &str = "the delay line's device";

/// The device. Dropping it takes it out of the namespace.
#[derive(Debug)]
pub(super) struct Device {
    tun: Tun,
    index: u32,
}

impl Device {
    /// Makes a device in `namespace`, with no address of either family, and brings it up.
    pub(super) fn make(namespace: &Namespace) -> Result<Self, LineError> {
        namespace.enter(|| {
            let name = name();
            let tun = Tun::create(&name)?;
            let index = interface_index(&name)?.ok_or(LineError::Vanished)?;
            let mut kernel = Netlink::open(NETLINK_ROUTE, SUBJECT)?;
            kernel.change(settings(index), 0, "set up the delay line's device")?;
            kernel.change(up(index), 0, "bring the delay line's device up")?;
            Ok(Self { tun, index })
        })?
    }

    pub(super) fn index(&self) -> u32 {
        self.index
    }

    pub(super) fn tun(&self) -> &Tun {
        &self.tun
    }
}

impl AsFd for Device {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.tun.as_fd()
    }
}

/// A name that no device had before. Collectors of node metrics skip what starts with `veth`, and
/// would otherwise count its traffic as the target's.
fn name() -> String {
    let mut random = [0; 4];
    // Without randomness the process would be its own.
    if getrandom(&mut random, GetRandomFlags::NONBLOCK).is_err() {
        random = std::process::id().to_ne_bytes();
    }
    format!("veth{:08x}", u32::from_ne_bytes(random))
}

fn settings(index: u32) -> RouteNetlinkMessage {
    let mut link = LinkMessage::default();
    link.header.index = index;
    // Before it is up, or IPv6 would give it an address and look for routers there.
    let no_address = AfSpecInet6::AddrGenMode(In6AddrGenMode::None);
    link.attributes = vec![
        LinkAttribute::Mtu(MTU),
        LinkAttribute::TxQueueLen(QUEUE),
        LinkAttribute::AfSpecUnspec(vec![AfSpecUnspec::Inet6(vec![no_address])]),
    ];
    RouteNetlinkMessage::SetLink(link)
}

fn up(index: u32) -> RouteNetlinkMessage {
    let mut link = LinkMessage::default();
    link.header.index = index;
    link.header.flags = LinkFlags::Up;
    link.header.change_mask = LinkFlags::Up;
    RouteNetlinkMessage::SetLink(link)
}
