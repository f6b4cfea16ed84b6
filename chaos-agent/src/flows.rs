//! The live connections of a namespace, as users read them.

use std::{collections::HashSet, net::SocketAddr};

use chaos_api::{Family, FlowInfo, Initiator, Protocol};

use crate::inventory::{Connection, NetlinkError, Routes, States, opened, udp_flows};

/// The TCP connections and the connected UDP sockets of the calling thread's namespace.
pub fn live() -> Result<Vec<FlowInfo>, NetlinkError> {
    let mut routes = Routes::open()?;
    let all = sockets()?.into_iter();
    Ok(all
        .map(|socket| {
            let own = routes.of(&socket.1).is_ok_and(|route| route.own);
            info(&socket, own)
        })
        .collect())
}

/// Those of them that a fault can meet, on loopback or not: others are given to a sidecar by a rule of
/// NAT inside, which has connections of its own.
pub fn within_reach() -> Result<Vec<FlowInfo>, NetlinkError> {
    let all = live()?;
    let takers = all.iter().filter(|one| one.local.ip().is_loopback());
    let redirected: HashSet<SocketAddr> = takers.map(|taker| taker.peer).collect();
    let given = |one: &FlowInfo| !one.loopback && redirected.contains(&one.local);
    Ok(all.into_iter().filter(|one| !given(one)).collect())
}

/// A socket with its protocol and who opened it.
type Socket = (Protocol, Connection, Initiator);

fn sockets() -> Result<Vec<Socket>, NetlinkError> {
    let tcp = opened(States::LIVE)?.into_iter();
    let tcp = tcp.map(|(one, opener)| (Protocol::Tcp, one, opener));
    let udp = udp_flows()?.into_iter();
    let udp = udp.map(|one| (Protocol::Udp, one, Initiator::Any));
    Ok(tcp.chain(udp).collect())
}

fn info((protocol, connection, initiator): &Socket, loopback: bool) -> FlowInfo {
    FlowInfo {
        protocol: *protocol,
        family: if connection.peer.is_ipv4() {
            Family::IPv4
        } else {
            Family::IPv6
        },
        local: connection.local,
        peer: connection.peer,
        state: connection.state.as_str().to_owned(),
        loopback,
        initiator: *initiator,
        recv_queue: connection.recv_queue,
        send_queue: connection.send_queue,
        inode: (connection.inode != 0).then_some(connection.inode.into()),
    }
}
