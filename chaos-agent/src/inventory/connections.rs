//! The sockets of the calling thread's namespace, from `NETLINK_SOCK_DIAG` (`sock_diag(7)`).

use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};

use netlink_packet_core::{DecodeError, Parseable};
use netlink_packet_sock_diag::SockDiagMessage;
use netlink_packet_sock_diag::constants::{AF_INET, AF_INET6, IPPROTO_TCP, IPPROTO_UDP};
use netlink_packet_sock_diag::inet::{
    ExtensionFlags, InetRequest, InetResponseHeader, SocketId, StateFlags, Timer,
};
use netlink_sys::protocols::NETLINK_SOCK_DIAG;

use super::netlink::{Netlink, number};
use super::{NetlinkError, States, TcpState};

/// A socket with a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Connection {
    /// Our end. IPv4 when the packets are, whatever the socket's family.
    pub local: SocketAddr,
    /// The other end.
    pub peer: SocketAddr,
    /// State; a connected UDP socket is `Established`.
    pub state: TcpState,
    /// An IPv6 socket that speaks IPv4: its addresses were `::ffff:a.b.c.d`.
    pub mapped: bool,
    /// Index of the interface the socket is bound to, 0 when it is free.
    pub interface: u32,
    /// Inode of the socket; 0 when no process has it open.
    pub inode: u32,
    /// User that made it.
    pub uid: u32,
    /// Bytes received and not read.
    pub recv_queue: u32,
    /// Bytes sent and not acknowledged, or not sent yet.
    pub send_queue: u32,
    /// The number `bpf_get_socket_cookie` gives: never used twice until the machine restarts.
    pub cookie: u64,
}

/// The TCP connections in one of `states`, IPv4 before IPv6.
///
/// A connection waiting in `FinWait2` after its socket was freed counts as `TimeWait`.
pub fn connections(states: States) -> Result<Vec<Connection>, NetlinkError> {
    let mut kernel = Diag::open("TCP connections", "tcp_diag")?;
    let mut found = kernel.sockets(AF_INET, IPPROTO_TCP, states)?;
    found.append(&mut kernel.sockets(AF_INET6, IPPROTO_TCP, states)?);
    Ok(found)
}

/// The UDP sockets that are connected to a peer, IPv4 before IPv6.
pub fn udp_flows() -> Result<Vec<Connection>, NetlinkError> {
    let connected = States::of(&[TcpState::Established]);
    let mut kernel = Diag::open("UDP sockets", "udp_diag")?;
    let mut found = kernel.sockets(AF_INET, IPPROTO_UDP, connected)?;
    found.append(&mut kernel.sockets(AF_INET6, IPPROTO_UDP, connected)?);
    Ok(found)
}

/// The local ends of those connections that never leave the namespace, though their peer is elsewhere:
/// a rule of NAT inside (REDIRECT, as service meshes use it) gave them to a socket here, at a loopback
/// address, whose peer they are.
pub fn redirected(all: &[Connection]) -> HashSet<SocketAddr> {
    let takers = all.iter().filter(|one| one.local.ip().is_loopback());
    takers.map(|taker| taker.peer).collect()
}

/// A request for the kernel's lists of sockets.
pub(super) struct Diag {
    netlink: Netlink,
    subject: &'static str,
    module: &'static str,
}

impl Diag {
    pub(super) fn open(subject: &'static str, module: &'static str) -> Result<Self, NetlinkError> {
        Ok(Self {
            netlink: Netlink::open(NETLINK_SOCK_DIAG, subject)?,
            subject,
            module,
        })
    }

    fn sockets(
        &mut self,
        family: u8,
        protocol: u8,
        states: States,
    ) -> Result<Vec<Connection>, NetlinkError> {
        let none = ExtensionFlags::empty();
        self.list((family, protocol), states, none, |payload| {
            parse(payload, states)
        })
    }

    /// What `parse` makes of each socket of a family and a protocol.
    pub(super) fn list<T>(
        &mut self,
        (family, protocol): (u8, u8),
        states: States,
        extensions: ExtensionFlags,
        parse: impl Fn(&[u8]) -> Result<Option<T>, DecodeError>,
    ) -> Result<Vec<T>, NetlinkError> {
        let request = SockDiagMessage::InetRequest(InetRequest {
            family,
            protocol,
            extensions,
            states: StateFlags::from_bits_retain(states.bits()),
            socket_id: SocketId::new_v4(),
        });
        let (subject, module) = (self.subject, self.module);
        self.netlink.list(&request, parse).map_err(|error| {
            if error.is_not_found() {
                NetlinkError::NoFeature { subject, module }
            } else {
                error
            }
        })
    }
}

/// One `inet_diag_msg`; `None` when its state was not asked for or is none.
pub(super) fn parse(payload: &[u8], states: States) -> Result<Option<Connection>, DecodeError> {
    let header = InetResponseHeader::parse(payload)?;
    let state = match header.timer {
        // What inet_twsk_diag_fill writes: no socket is left, whatever the state says.
        Some(Timer::TimeWait) => Some(TcpState::TimeWait),
        _ => TcpState::from_number(header.state),
    };
    let Some(state) = state.filter(|&state| states.contains(state)) else {
        return Ok(None);
    };
    let id = &header.socket_id;
    let (local, peer, mapped) = unmapped(id.source_address, id.destination_address);
    Ok(Some(Connection {
        local: address(local, id.source_port, id.interface_id),
        peer: address(peer, id.destination_port, id.interface_id),
        state,
        mapped,
        interface: id.interface_id,
        inode: header.inode,
        uid: header.uid,
        recv_queue: header.recv_queue,
        send_queue: header.send_queue,
        cookie: cookie(id.cookie),
    }))
}

/// Both addresses as they stand in the packets, and whether they were v4-mapped
/// (RFC 4291 §2.5.5.2).
fn unmapped(local: IpAddr, peer: IpAddr) -> (IpAddr, IpAddr, bool) {
    match (mapped(local), mapped(peer)) {
        (Some(local), Some(peer)) => (local, peer, true),
        _ => (local, peer, false),
    }
}

fn mapped(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(address) => address.to_ipv4_mapped().map(IpAddr::V4),
    }
}

/// Link-local addresses say through which interface.
fn address(ip: IpAddr, port: u16, interface: u32) -> SocketAddr {
    match ip {
        IpAddr::V6(ip) if ip.is_unicast_link_local() => {
            SocketAddrV6::new(ip, port, 0, interface).into()
        }
        ip => SocketAddr::new(ip, port),
    }
}

/// Two words of the machine's byte order, the low one first (`sock_diag_save_cookie`).
fn cookie(words: [u8; 8]) -> u64 {
    let word = |at: usize| number(&words[at..]).map_or(0, u64::from);
    word(4) << 32 | word(0)
}

#[cfg(test)]
mod tests;
