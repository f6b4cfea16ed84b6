//! A live connection, as `netfault flows` shows it.

use std::net::SocketAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Family, Initiator, Protocol};

/// One connection, or one connected UDP socket, of the target.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FlowInfo {
    /// TCP or UDP.
    pub protocol: Protocol,
    /// The IP version of its packets: IPv4 for a v4-mapped socket.
    pub family: Family,
    /// The target's end.
    #[schemars(with = "String", length(max = 64))]
    pub local: SocketAddr,
    /// The other end.
    #[schemars(with = "String", length(max = 64))]
    pub peer: SocketAddr,
    /// The socket's state, as `ss` prints it: `ESTAB`, `SYN-SENT`, …
    #[schemars(length(max = 32))]
    pub state: String,
    /// Whether it stays on loopback.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub loopback: bool,
    /// Who opened it; absent where that is not known.
    #[serde(default, skip_serializing_if = "is_unknown")]
    pub initiator: Initiator,
    /// Bytes received that the application has not read.
    pub recv_queue: u32,
    /// Bytes sent that the peer has not acknowledged.
    pub send_queue: u32,
    /// The socket's inode; absent where no process holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inode: Option<u64>,
}

impl FlowInfo {
    /// Whether both ends have agreed on it.
    pub fn is_complete(&self) -> bool {
        self.state != "syn-sent"
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes fields by reference"
)]
fn is_unknown(initiator: &Initiator) -> bool {
    *initiator == Initiator::Any
}
