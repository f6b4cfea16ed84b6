//! The translator: faults in user words become one plan for each node, a plan's orders become a
//! table of kernel rules, a table becomes the operations that bring the kernel to it, counters
//! become receipts, and receipts the status of a fault.
//!
//! Everything here is pure. This crate knows no tokio, no Kubernetes client, no clock, no random
//! source and no I/O: times and seeds are arguments.
#![forbid(unsafe_code)]

mod body;
mod clock;
mod diff;
mod draw;
mod explain;
mod image;
mod lower;
mod matching;
mod netem;
mod parts;
mod place;
mod ports;
mod prefixes;
mod raise;
mod report;
mod shape;
mod status;
mod table;
mod text;
mod words;

pub use body::{
    FaultId, PeerSet, PlanBody, PlannedFault, PodOrder, PodPlan, Unsupported, decode, encode,
};
pub use clock::{Sample, ServerClock};
pub use diff::{Op, diff};
pub use draw::splitmix64;
pub use explain::explain;
pub use image::Image;
pub use lower::{LowerError, lower};
pub use matching::{Matching, Miss, PacketWords, matches, meets};
pub use place::{
    EndpointView, FaultView, NamespaceView, NodeView, Outcome, Phase, Placement, PodRef, PodView,
    PortView, Refusal, ServiceView, Verdict, World, place,
};
pub use raise::{Clock, Life, LineCounts, Observed, raise, total};
pub use report::{PodReport, Preview, Report, ReportState, UnreadableReport};
pub use shape::{
    Apply, Chance, Delay, Distribution, Loss, Per, Rate, Reorder, Shape, Share, WHOLE,
};
pub use status::{Agent, Answer, aggregate, next_change};
pub use table::{Fault, PlannedRule, RuleId, Spare, Table};
