//! The words users write and read: faults, the traffic they meet, units, receipts.
//!
//! This crate knows nothing of the kernel's words, of tokio or of a Kubernetes client.
#![forbid(unsafe_code)]

mod fault;
mod faults;
mod file;
mod flow;
mod grammar;
mod local;
mod peer_arg;
mod receipt;
mod spec;
mod traffic;
mod units;
mod validate;

pub use fault::{API_VERSION, KIND, Metadata, NetworkFault, check_name};
pub use faults::{Blackhole, Block, Faults, Reset};
pub use file::FileError;
pub use flow::FlowInfo;
pub use grammar::GrammarError;
pub use peer_arg::{PeerArg, PeerArgError};
pub use receipt::{EndReason, Receipt, RuleCounters, RuleReceipt, SeenReceipt, State};
pub use spec::FaultSpec;
pub use traffic::{Direction, Family, IpBlock, Peer, PeerPort, Protocol, Traffic};
pub use units::{Percent, PercentError, PortRange, PortRangeError, Span, SpanError};
pub use validate::{Invalid, MAX_DURATION, MAX_EXCEPTS, MAX_NAME, MAX_PEERS, MAX_PORTS};
