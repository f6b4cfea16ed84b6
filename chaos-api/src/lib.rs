//! The words users write and read: faults, the traffic they meet, units, receipts.
//!
//! This crate knows nothing of the kernel's words, of tokio or of a Kubernetes client.
#![forbid(unsafe_code)]

mod change;
mod draw;
mod faults;
mod file;
mod flow;
mod grammar;
mod halt;
mod label_arg;
mod limits;
mod local;
mod local_fault;
mod network_fault;
mod node_plan;
mod node_report;
mod peer_arg;
mod peer_words;
mod receipt;
mod schema;
mod settings;
mod spec;
mod traffic;
mod units;
mod validate;
mod with_path;

pub use change::Change;
pub use draw::Draw;
pub use faults::{
    Apply, Blackhole, Block, Corrupt, Delay, Distribution, Duplicate, Faults, Gemodel, JitterTable,
    JitterTableError, Loss, LossPer, Rate, RatePer, Reject, RejectWith, Reorder, Reset, Stage,
};
pub use file::FileError;
pub use flow::FlowInfo;
pub use grammar::{Files, GrammarError, Offer};
pub use halt::{HALT, Halt, HaltSpec};
pub use label_arg::{LabelArgError, label_selector};
pub use limits::{
    MAX_BODY, MAX_DURATION, MAX_EXCEPT_PEERS, MAX_EXCEPTS, MAX_MESSAGE, MAX_MESSAGES, MAX_NAME,
    MAX_PEERS, MAX_POD_NAME, MAX_PORTS, MAX_PREVIEW, MAX_PREVIEW_TOTAL, MAX_RECEIPTS, MAX_SEED,
    MAX_SELECTOR, MAX_TABLE, MAX_VALUES,
};
pub use local_fault::{API_VERSION, KIND, LocalFault, Metadata, check_name};
pub use network_fault::{
    Choice, ConditionType, Enforcement, FaultState, Mode, NetworkFault, NetworkFaultSpec,
    NetworkFaultStatus, PodPreview, PodReceipt, PodState, Probes, Reason, Totals,
};
pub use node_plan::{ENCODING, NodePlan, NodePlanSpec, PlanId};
pub use node_report::{NodeReport, NodeReportSpec, NodeReportStatus, READY};
pub use peer_arg::{PeerArg, PeerArgError, PeerWordsArg};
pub use peer_words::{PeerWords, PortName, PortWords, ServiceRef};
pub use receipt::{EndReason, Receipt, RuleCounters, RuleReceipt, SeenReceipt, State};
pub use settings::{ENABLED_LABEL, SETTINGS, Settings};
pub use spec::FaultSpec;
pub use traffic::{
    Connections, Direction, Family, Initiator, Interfaces, IpBlock, Peer, PeerPort, Protocol,
    Traffic,
};
pub use units::{
    Bitrate, BitrateError, Percent, PercentError, PortRange, PortRangeError, Size, SizeError, Span,
    SpanError,
};
pub use validate::Invalid;
pub use with_path::WithPath;

pub use k8s_openapi::apimachinery::pkg::apis::meta::v1::{
    Condition, LabelSelector, LabelSelectorRequirement, Time,
};
