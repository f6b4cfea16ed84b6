//! What the kernel says about a socket, by `NETLINK_SOCK_DIAG`.

use std::net::{IpAddr, SocketAddr, TcpStream};

use netlink_packet_core::{NLM_F_DUMP, NLM_F_REQUEST};
use netlink_packet_core::{NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_sock_diag::SockDiagMessage;
use netlink_packet_sock_diag::constants::{AF_INET, AF_INET6, IPPROTO_TCP};
use netlink_packet_sock_diag::inet::nlas::{Nla, TcpInfo as RawInfo};
use netlink_packet_sock_diag::inet::{
    ExtensionFlags, InetRequest, InetResponse, SocketId, StateFlags,
};
use netlink_sys::{Socket, SocketAddr as KernelAddress, protocols::NETLINK_SOCK_DIAG};

use super::super::namespace::Namespace;

/// The sender's state of congestion control (`enum tcp_ca_state`, include/uapi/linux/tcp.h).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CongestionState {
    /// No problem.
    Open,
    /// Duplicate acknowledgements or SACKs.
    Disorder,
    /// The window was reduced by ECN or by a drop on the sender's own machine.
    Cwr,
    /// Fast retransmit.
    Recovery,
    /// A retransmission timeout.
    Loss,
}

/// The part of `struct tcp_info` that tells loss from a local drop, and how fast a sender may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TcpInfo {
    /// The state of congestion control.
    pub congestion: CongestionState,
    /// Segments that may be on their way: the congestion window.
    pub window: u32,
    /// Segments sent and not acknowledged.
    pub unacked: u32,
    /// Segments believed lost.
    pub lost: u32,
    /// Retransmission timeouts in a row.
    pub timeouts: u8,
    /// Segments retransmitted over the connection's life.
    pub retransmitted: u32,
    /// Bytes the peer has acknowledged.
    pub acknowledged: u64,
    /// Bytes received in order.
    pub received: u64,
}

/// The kernel's view of a socket that lives in `namespace`; `None` when the kernel has dropped it.
pub fn tcp_info(namespace: &Namespace, stream: &TcpStream) -> Option<TcpInfo> {
    let ends = (stream.local_addr().ok()?, stream.peer_addr().ok()?);
    let ends = (plain(ends.0), plain(ends.1));
    let sockets = namespace.enter(|| [AF_INET, AF_INET6].map(dump).concat());
    let socket = sockets
        .iter()
        .find(|socket| ends_of(&socket.header.socket_id) == ends)?;
    socket.nlas.iter().find_map(|attribute| match attribute {
        Nla::TcpInfo(raw) => Some(read(raw)),
        _ => None,
    })
}

/// How many TCP sockets of a namespace have this port at either end; neither those that listen nor
/// those that linger after an orderly end (`TIME_WAIT`).
pub fn count_of_sockets(namespace: &Namespace, port: u16) -> usize {
    let sockets = namespace.enter(|| [AF_INET, AF_INET6].map(dump).concat());
    let ids = sockets.iter().map(|socket| &socket.header.socket_id);
    ids.filter(|id| id.source_port == port || id.destination_port == port)
        .count()
}

fn dump(family: u8) -> Vec<InetResponse> {
    let mut socket = Socket::new(NETLINK_SOCK_DIAG).expect("the kernel has sock_diag");
    socket.bind_auto().expect("a netlink socket can be bound");
    socket
        .connect(&KernelAddress::new(0, 0))
        .expect("the kernel can be reached");
    socket
        .send(&request(family), 0)
        .expect("the kernel takes a request");
    let mut found = Vec::new();
    loop {
        let (bytes, _) = socket.recv_from_full().expect("the kernel answers");
        if !collect(&bytes, &mut found) {
            return found;
        }
    }
}

fn request(family: u8) -> Vec<u8> {
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST | NLM_F_DUMP;
    let request = InetRequest {
        family,
        protocol: IPPROTO_TCP,
        extensions: ExtensionFlags::INFO,
        states: StateFlags::all() - StateFlags::LISTEN - StateFlags::TIME_WAIT,
        socket_id: if family == AF_INET {
            SocketId::new_v4()
        } else {
            SocketId::new_v6()
        },
    };
    let mut message = NetlinkMessage::new(header, SockDiagMessage::InetRequest(request).into());
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    bytes
}

/// Adds the sockets of one datagram; whether more are to come.
fn collect(mut bytes: &[u8], found: &mut Vec<InetResponse>) -> bool {
    while !bytes.is_empty() {
        let message = NetlinkMessage::<SockDiagMessage>::deserialize(bytes).expect("well formed");
        match message.payload {
            NetlinkPayload::InnerMessage(SockDiagMessage::InetResponse(socket)) => {
                found.push(*socket);
            }
            NetlinkPayload::Done(_) => return false,
            other => panic!("an answer of another kind: {other:?}"),
        }
        bytes = &bytes[(message.header.length as usize)
            .next_multiple_of(4)
            .min(bytes.len())..];
    }
    true
}

fn ends_of(id: &SocketId) -> ((IpAddr, u16), (IpAddr, u16)) {
    let local = (id.source_address.to_canonical(), id.source_port);
    (
        local,
        (id.destination_address.to_canonical(), id.destination_port),
    )
}

fn plain(address: SocketAddr) -> (IpAddr, u16) {
    (address.ip().to_canonical(), address.port())
}

fn read(raw: &RawInfo) -> TcpInfo {
    TcpInfo {
        congestion: match raw.ca_state {
            0 => CongestionState::Open,
            1 => CongestionState::Disorder,
            2 => CongestionState::Cwr,
            3 => CongestionState::Recovery,
            4 => CongestionState::Loss,
            other => panic!("the kernel has no congestion state {other}"),
        },
        window: raw.snd_cwnd,
        unacked: raw.unacked,
        lost: raw.lost,
        timeouts: raw.retransmits,
        retransmitted: raw.total_retrans,
        acknowledged: raw.bytes_acked,
        received: raw.bytes_received,
    }
}
