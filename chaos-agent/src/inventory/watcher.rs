//! News of interfaces that appear in a namespace or vanish from it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use netlink_packet_core::{DecodeError, NetlinkBuffer};
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};

use super::interfaces::{LinkHead, parse_link};
use super::netlink::messages;
use super::{Interface, NetlinkError};

const SUBJECT: &str = "interface changes";
/// Larger than any message about one link.
const READ: usize = 64 * 1024;

/// `RTMGRP_LINK` and message types of linux/rtnetlink.h.
const RTMGRP_LINK: u32 = 1;
const RTM_NEWLINK: u16 = 16;
const RTM_DELLINK: u16 = 17;
/// `ENOBUFS`: the kernel had more news than the socket's buffer could hold.
const ENOBUFS: i32 = 105;

/// What happened to an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is there: it appeared, was renamed, set up or down, or otherwise changed. Its addresses
    /// are not told.
    Present(Interface),
    /// The one with this index was deleted or moved to another namespace.
    Gone(u32),
    /// News were lost: list the interfaces again.
    Missed,
}

/// Listens in the namespace of the thread that opened it, and keeps that namespace alive.
///
/// Poll its descriptor for reading, then [`read`](Self::read). Open it before listing the
/// interfaces, so that none is missed in between.
#[derive(Debug)]
pub struct Watcher {
    socket: Socket,
    buffer: Vec<u8>,
}

impl Watcher {
    /// Starts to listen in the calling thread's namespace.
    pub fn open() -> Result<Self, NetlinkError> {
        let socket = listening().map_err(broken)?;
        Ok(Self {
            socket,
            buffer: vec![0; READ],
        })
    }

    /// All changes since the last call, oldest first; none when nothing happened. Never waits.
    pub fn read(&mut self) -> Result<Vec<Change>, NetlinkError> {
        let mut changes = Vec::new();
        loop {
            match self.socket.recv(&mut &mut self.buffer[..], 0) {
                Ok(size) => read_changes(&self.buffer[..size], &mut changes).map_err(|source| {
                    NetlinkError::Malformed {
                        subject: SUBJECT,
                        source,
                    }
                })?,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(changes),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.raw_os_error() == Some(ENOBUFS) => {
                    changes.push(Change::Missed);
                }
                Err(error) => return Err(broken(error)),
            }
        }
    }
}

impl AsFd for Watcher {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn listening() -> io::Result<Socket> {
    let mut socket = Socket::new(NETLINK_ROUTE)?;
    socket.bind(&SocketAddr::new(0, RTMGRP_LINK))?;
    socket.set_non_blocking(true)?;
    Ok(socket)
}

fn broken(source: io::Error) -> NetlinkError {
    NetlinkError::Socket {
        subject: SUBJECT,
        source,
    }
}

fn read_changes(bytes: &[u8], changes: &mut Vec<Change>) -> Result<(), DecodeError> {
    for message in messages(bytes) {
        changes.extend(change(&message?)?);
    }
    Ok(())
}

fn change(message: &NetlinkBuffer<&[u8]>) -> Result<Option<Change>, DecodeError> {
    let payload = message.payload();
    let kind = message.message_type();
    if !matches!(kind, RTM_NEWLINK | RTM_DELLINK) {
        return Ok(None);
    }
    let head = LinkHead::parse(payload)?;
    // A port that leaves its bridge is reported as deleted in the bridge family, and stays.
    if head.family != 0 {
        return Ok(None);
    }
    if kind == RTM_DELLINK {
        return Ok(Some(Change::Gone(head.index)));
    }
    Ok(parse_link(payload)?.map(Change::Present))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(kind: u16, family: u8) -> Vec<Change> {
        let mut bytes = Vec::from(32_u32.to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.extend([0; 10]);
        bytes.extend([family, 0, 1, 0]);
        bytes.extend(7_u32.to_ne_bytes());
        bytes.extend([0; 8]);
        let mut found = Vec::new();
        read_changes(&bytes, &mut found).unwrap();
        found
    }

    #[test]
    fn appearing_and_vanishing_are_told() {
        let appeared = changes(RTM_NEWLINK, 0);
        assert!(matches!(&appeared[..], [Change::Present(link)] if link.index == 7));
        assert_eq!(changes(RTM_DELLINK, 0), [Change::Gone(7)]);
    }

    #[test]
    fn a_port_that_leaves_its_bridge_is_still_there() {
        const AF_BRIDGE: u8 = 7;
        assert_eq!(changes(RTM_DELLINK, AF_BRIDGE), []);
        assert_eq!(changes(3, 0), []);
    }
}
