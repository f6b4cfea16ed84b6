//! The live connections of a namespace, as users read them.

use chaos_api::{Family, FlowInfo, Protocol};

use crate::inventory::{
    Connection, NetlinkError, Routes, States, connections, redirected, udp_flows,
};

/// The TCP connections and the connected UDP sockets of the calling thread's namespace.
pub fn live() -> Result<Vec<FlowInfo>, NetlinkError> {
    Ok(infos(&connections(States::LIVE)?, &udp_flows()?))
}

/// Those of them that a fault can meet: the ones that leave the namespace. Others stay on loopback, or
/// a rule of NAT inside gives them to a sidecar.
pub fn outward() -> Result<Vec<FlowInfo>, NetlinkError> {
    let (mut tcp, mut udp) = (connections(States::LIVE)?, udp_flows()?);
    let mut routes = Routes::open()?;
    let redirected = redirected(&tcp);
    let mut leaves = |one: &Connection| !routes.of(one).is_ok_and(|route| route.own);
    tcp.retain(|one| !redirected.contains(&one.local) && leaves(one));
    udp.retain(leaves);
    Ok(infos(&tcp, &udp))
}

fn infos(tcp: &[Connection], udp: &[Connection]) -> Vec<FlowInfo> {
    let tcp = tcp.iter().map(|one| info(one, Protocol::Tcp));
    let udp = udp.iter().map(|one| info(one, Protocol::Udp));
    tcp.chain(udp).collect()
}

fn info(connection: &Connection, protocol: Protocol) -> FlowInfo {
    FlowInfo {
        protocol,
        family: if connection.peer.is_ipv4() {
            Family::IPv4
        } else {
            Family::IPv6
        },
        local: connection.local,
        peer: connection.peer,
        state: connection.state.as_str().to_owned(),
        recv_queue: connection.recv_queue,
        send_queue: connection.send_queue,
        inode: (connection.inode != 0).then_some(connection.inode.into()),
    }
}
