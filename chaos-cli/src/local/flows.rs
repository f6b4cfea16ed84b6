//! `netfault flows` on this machine: a target's live connections.

use anyhow::Result;
use chaos_agent::inventory::Namespace;
use chaos_api::{FlowInfo, Initiator};

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
    Ok(namespace.enter(chaos_agent::flows::live)??)
}

/// How many of them there are, and those that a fault can meet.
pub(super) fn within_reach(target: &Target) -> Result<(usize, Vec<FlowInfo>)> {
    let namespace = Namespace::find(&super::target(target)?)?;
    let live = namespace.enter(chaos_agent::flows::live)??;
    let reached = namespace.enter(chaos_agent::flows::within_reach)??;
    Ok((live.len(), reached))
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
            initiator(flow),
        ]
    });
    crate::table::table(
        [
            "PROTO",
            "STATE",
            "RECV-Q",
            "SEND-Q",
            "LOCAL",
            "PEER",
            "OPENED BY",
        ],
        rows,
    )
}

/// Who opened a connection.
fn initiator(flow: &FlowInfo) -> String {
    match flow.initiator {
        Initiator::Any => "-".into(),
        Initiator::Target => "target".into(),
        Initiator::Peer => "peer".into(),
    }
}
