//! An observer of loopback: every IP frame that arrives there, in order.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, Protocol, SocketFlags, SocketType, eth, socket_with};

/// How long a frame may take through loopback.
const PATIENCE: Duration = Duration::from_secs(5);

/// A pair of packet sockets. One that listens to a single `EtherType` sees what arrives, and not
/// what leaves; loopback would show both.
pub(crate) struct Wire {
    v4: File,
    v6: File,
    fence: UdpSocket,
}

impl Wire {
    pub(crate) fn tap() -> Self {
        let fence = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let own = fence.local_addr().expect("it is bound");
        fence.connect(own).expect("loopback is up");
        Self {
            v4: tap(eth::IP, SocketFlags::empty()),
            v6: tap(eth::IPV6, SocketFlags::NONBLOCK),
            fence,
        }
    }

    /// Every frame that arrived since the last call.
    pub(crate) fn frames(&mut self) -> Vec<Vec<u8>> {
        self.fence.send(b"fence").expect("loopback is up");
        self.fence
            .recv(&mut [0; 8])
            .expect("loopback loses nothing");
        let mut frames = Vec::new();
        loop {
            let frame = read(&mut self.v4).expect("the fence is still to come");
            if frame.ends_with(b"fence") {
                break;
            }
            frames.push(frame);
        }
        // Loopback's queue keeps the order, so what came before the fence is here.
        frames.extend(std::iter::from_fn(|| read(&mut self.v6)));
        frames
    }
}

fn tap(ether_type: Protocol, flags: SocketFlags) -> File {
    let socket = socket_with(
        AddressFamily::PACKET,
        SocketType::RAW,
        flags | SocketFlags::CLOEXEC,
        Some(ether_type),
    );
    let socket = socket.expect("root may open a packet socket");
    set_socket_timeout(&socket, Timeout::Recv, Some(PATIENCE)).expect("a socket takes a timeout");
    File::from(socket)
}

fn read(tap: &mut File) -> Option<Vec<u8>> {
    let mut frame = vec![0; 70_000];
    match tap.read(&mut frame) {
        Ok(length) => {
            frame.truncate(length);
            Some(frame)
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => None,
        Err(error) => panic!("the packet socket: {error}"),
    }
}
