//! `netfault flows` on this machine: a target's live connections.

use anyhow::Result;
use chaos_agent::inventory::{Connection, Namespace, States, connections, udp_flows};
use chaos_api::{Family, FlowInfo, Protocol};

use crate::{
    args::{Flows, Target},
    exit::Exit,
    output,
};

pub(super) fn flows(args: &Flows) -> Result<Exit> {
    let words = args.words.iter().map(String::as_str);
    super::refuse(words.chain(args.selector.as_ref().map(|_| "--selector")))?;
    let flows = live(&args.target)?;
    output::print(args.output.format, &flows, |_| table(&flows))?;
    Ok(Exit::Done)
}

/// The target's TCP connections and connected UDP sockets.
pub(super) fn live(target: &Target) -> Result<Vec<FlowInfo>> {
    let namespace = Namespace::find(&super::target(target)?)?;
    let (tcp, udp) = namespace.enter(|| (connections(States::LIVE), udp_flows()))?;
    let tcp = tcp?
        .into_iter()
        .map(|connection| info(&connection, Protocol::Tcp));
    let udp = udp?
        .into_iter()
        .map(|connection| info(&connection, Protocol::Udp));
    Ok(tcp.chain(udp).collect())
}

/// Flows as rows, as `ss` orders them.
pub(super) fn table(flows: &[FlowInfo]) -> String {
    let rows = flows.iter().map(|flow| {
        [
            flow.protocol.to_string(),
            flow.state.clone(),
            flow.recv_queue.to_string(),
            flow.send_queue.to_string(),
            flow.local.to_string(),
            flow.peer.to_string(),
        ]
    });
    crate::table::table(
        ["PROTO", "STATE", "RECV-Q", "SEND-Q", "LOCAL", "PEER"],
        rows,
    )
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
