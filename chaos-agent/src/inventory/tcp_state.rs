//! The states of a TCP connection, and sets of them.

use std::fmt;

/// A state as the kernel numbers it (`include/net/tcp_states.h`; RFC 9293 §3.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum TcpState {
    /// Open: data flows.
    Established = 1,
    /// Connecting: a SYN was sent.
    SynSent = 2,
    /// Being accepted: the last ACK of the handshake is awaited.
    SynReceived = 3,
    /// Closed here, not yet acknowledged.
    FinWait1 = 4,
    /// Closed here, the peer has not closed yet.
    FinWait2 = 5,
    /// Over; only the address pair is kept.
    TimeWait = 6,
    /// Not connected.
    Close = 7,
    /// Closed by the peer, not yet here.
    CloseWait = 8,
    /// Closed by both, ours not yet acknowledged.
    LastAck = 9,
    /// Waiting for connections.
    Listen = 10,
    /// Closed by both at once.
    Closing = 11,
}

impl TcpState {
    /// All of them, by number.
    pub const ALL: [Self; 11] = [
        Self::Established,
        Self::SynSent,
        Self::SynReceived,
        Self::FinWait1,
        Self::FinWait2,
        Self::TimeWait,
        Self::Close,
        Self::CloseWait,
        Self::LastAck,
        Self::Listen,
        Self::Closing,
    ];

    /// The state with this number, if the kernel's list has one.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }

    /// The name as `ss` has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Established => "established",
            Self::SynSent => "syn-sent",
            Self::SynReceived => "syn-recv",
            Self::FinWait1 => "fin-wait-1",
            Self::FinWait2 => "fin-wait-2",
            Self::TimeWait => "time-wait",
            Self::Close => "closed",
            Self::CloseWait => "close-wait",
            Self::LastAck => "last-ack",
            Self::Listen => "listening",
            Self::Closing => "closing",
        }
    }
}

impl fmt::Display for TcpState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A set of states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct States(u32);

impl States {
    /// Connections with a socket of their own: all states but `Listen`, `Close`, `TimeWait` and
    /// `SynReceived`. For the last the kernel lists handshakes that have no socket yet
    /// (`NEW_SYN_RECV`).
    pub const LIVE: Self = Self::of(&[
        TcpState::Established,
        TcpState::SynSent,
        TcpState::FinWait1,
        TcpState::FinWait2,
        TcpState::CloseWait,
        TcpState::LastAck,
        TcpState::Closing,
    ]);
    /// Every state.
    pub const ALL: Self = Self::of(&TcpState::ALL);

    /// The set of these states.
    pub const fn of(states: &[TcpState]) -> Self {
        let (mut bits, mut nth) = (0, 0);
        while nth < states.len() {
            bits |= 1 << states[nth] as u8;
            nth += 1;
        }
        Self(bits)
    }

    /// Whether `state` is in the set.
    pub const fn contains(self, state: TcpState) -> bool {
        self.0 & (1 << state as u8) != 0
    }

    /// The set as the kernel takes it: bit n is state n.
    pub const fn bits(self) -> u32 {
        self.0
    }
}

impl Default for States {
    fn default() -> Self {
        Self::LIVE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_kernels() {
        for state in TcpState::ALL {
            assert_eq!(TcpState::from_number(state as u8), Some(state));
        }
        assert_eq!(TcpState::from_number(0), None);
        assert_eq!(TcpState::from_number(12), None);
    }

    #[test]
    fn live_leaves_out_what_has_no_socket_of_its_own() {
        let left_out = TcpState::ALL
            .into_iter()
            .filter(|&state| !States::LIVE.contains(state));
        let names: Vec<_> = left_out.map(TcpState::as_str).collect();
        assert_eq!(names, ["syn-recv", "time-wait", "closed", "listening"]);
        assert_eq!(States::ALL.bits(), 0xffe);
    }
}
