//! The live connections of a namespace, as users read them.

use chaos_api::{Family, FlowInfo, Protocol};

use crate::inventory::{Connection, NetlinkError, States, connections, udp_flows};

/// The TCP connections and the connected UDP sockets of the calling thread's namespace.
pub fn live() -> Result<Vec<FlowInfo>, NetlinkError> {
    let tcp = connections(States::LIVE)?.into_iter();
    let udp = udp_flows()?.into_iter();
    let tcp = tcp.map(|connection| info(&connection, Protocol::Tcp));
    let udp = udp.map(|connection| info(&connection, Protocol::Udp));
    Ok(tcp.chain(udp).collect())
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
