//! The words that user space and netfault's kernel programs share.
//!
//! Everything here is plain memory: `repr(C)`, no padding (a compile error in [`bytemuck::Pod`]),
//! no `bool`, `Option` or bare enum. Ports and addresses stay in network order, as byte arrays.
//! An IPv4 address is written as its v4-mapped IPv6 form (RFC 4291 §2.5.5.2).
#![cfg_attr(not(test), no_std)]

mod action;
mod actor;
mod answer;
pub mod bank;
mod birth;
mod counters;
mod draw;
mod event;
mod flow;
pub mod frame;
mod line;
pub mod maps;
mod rule;
mod set;
#[cfg(feature = "user")]
mod user;

pub use action::Action;
pub use actor::ActorAnswer;
pub use answer::{ANSWER_FRAME, Answer, Pending};
pub use bank::{Bank, Block, Config, Head};
pub use birth::{Birth, Opener};
pub use counters::{Counters, Seen, SeenKey};
pub use draw::{DrawKey, Drawn};
pub use event::{Event, EventKind};
pub use flow::{Direction, Flow, FragmentFlow, FragmentKey, Protocol, mapped};
pub use line::{
    LINE_BEAT, LINE_MAGIC, LINE_RULES, LINE_STALE, LineHeader, LineState, MARK_LINE, MAX_TICKETS,
    NO_RULE, Ticket,
};
pub use rule::{CERTAIN, RULES_A_BLOCK, Rule, flag};
pub use set::RuleSet;

/// Version of this crate's layouts; the kernel object carries the one it was built with.
pub const ABI_VERSION: u32 = 5;

/// Rules one namespace can hold: the bits of a [`RuleSet`].
pub const MAX_RULES: usize = 1024;

/// Words of a [`RuleSet`].
pub const WORDS: usize = MAX_RULES / 64;

/// Peer prefixes one table can hold.
pub const MAX_PREFIXES: usize = 4096;

/// Interfaces of one namespace whose traffic is counted.
pub const MAX_INTERFACES: usize = 128;

/// TCP connections of one namespace whose beginnings are remembered.
pub const MAX_BIRTHS: usize = 65_536;

/// Packets whose first fragment is remembered for those after it.
pub const MAX_FRAGMENTED: usize = 1024;

/// Connections that the blocks of one table number at a time.
pub const MAX_NUMBERED: usize = 65_536;

/// `skb->mark` of a packet that netfault made: our hooks clear it and let the packet pass.
pub const MARK_PASS: u32 = 0x6e66_0001;

/// `skb->mark` of a frame that the actor sends on as it is, out of its interface; with [`MARK_PASS`]
/// it goes into it.
pub const MARK_OUT: u32 = 0x6e66_0003;

/// `skb->mark` of a packet to the peer, handed to our ingress hook for the kernel to route.
pub const MARK_ROUTE: u32 = 0x6e66_0002;

#[cfg(test)]
mod tests;
