//! Whether the interfaces of a namespace have changed since the last look (rtnetlink(7)).

use std::io;

use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};

use super::NetlinkError;

const SUBJECT: &str = "interface changes";

/// `RTMGRP_LINK` of linux/rtnetlink.h: interfaces that appear, change or vanish.
const RTMGRP_LINK: u32 = 1;
/// `ENOBUFS`: the kernel had more news than the socket could hold.
const ENOBUFS: i32 = 105;

/// Listens in the namespace of the thread that opened it, and keeps that namespace alive. What is
/// listed after it was opened and before it has news is as it was.
#[derive(Debug)]
pub struct Watcher(Socket);

impl Watcher {
    /// Starts to listen in the calling thread's namespace.
    pub fn open() -> Result<Self, NetlinkError> {
        listening().map(Self).map_err(broken)
    }

    /// Whether anything has happened since the last call. Never waits.
    pub fn has_news(&mut self) -> Result<bool, NetlinkError> {
        // That something came is enough, so a longer message may be cut.
        let mut scratch = [0; 64];
        let mut news = false;
        loop {
            match self.0.recv(&mut &mut scratch[..], 0) {
                Ok(_) => news = true,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(news),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.raw_os_error() == Some(ENOBUFS) => news = true,
                Err(error) => return Err(broken(error)),
            }
        }
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
