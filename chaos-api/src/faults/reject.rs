//! `reject`: new attempts are refused, with a RST or an ICMP error; what is established goes on.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Percent;

/// Refuse new attempts, TCP connections and UDP datagrams, both ways unless a direction is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Reject {
    /// What the one who tries is answered.
    pub with: RejectWith,
    /// The share of connections (for UDP: of address and port pairs) that are hit; all where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<Percent>,
}

impl Reject {
    /// The fault's word.
    pub const WORD: &str = "reject";
}

/// What refuses an attempt. Without a word it is what iptables' REJECT sends, too: the one answer that
/// means the same to TCP and UDP, in both families (ECONNREFUSED).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum RejectWith {
    /// A TCP segment with RST: ECONNREFUSED. For TCP alone.
    TcpReset,
    /// An ICMP error: port unreachable; ECONNREFUSED.
    #[default]
    IcmpPort,
    /// An ICMP error: host unreachable; EHOSTUNREACH, which UDP is told only where it asked to be
    /// (`IP_RECVERR`).
    IcmpHost,
    /// An ICMP error: communication administratively prohibited; EHOSTUNREACH, in IPv6 EACCES.
    IcmpAdmin,
}

impl RejectWith {
    /// Every answer, in the order in which they are listed.
    pub const ALL: [Self; 4] = [
        Self::TcpReset,
        Self::IcmpPort,
        Self::IcmpHost,
        Self::IcmpAdmin,
    ];

    /// The answer's word on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TcpReset => "tcp-reset",
            Self::IcmpPort => "icmp-port",
            Self::IcmpHost => "icmp-host",
            Self::IcmpAdmin => "icmp-admin",
        }
    }

    /// The answer that a word of the command line names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|with| with.as_str() == word)
    }
}

impl fmt::Display for RejectWith {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
