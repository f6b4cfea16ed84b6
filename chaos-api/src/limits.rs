//! The limits of what one object can hold, each stated once: the schema, the rules of the API
//! server and the checks in Rust are made from these.

use crate::Span;

/// Peers one fault can name.
pub const MAX_PEERS: usize = 64;
/// Peers one fault can except.
pub const MAX_EXCEPT_PEERS: usize = 16;
/// Holes one `ipBlock` can have.
pub const MAX_EXCEPTS: usize = 64;
/// Port ranges one list can hold.
pub const MAX_PORTS: usize = 32;
/// Characters of a name: an RFC 1123 label.
pub const MAX_NAME: usize = 63;
/// Longest fault: nobody watches a fault for longer, and a forgotten one must end. An installation
/// can set less.
pub const MAX_DURATION: Span = Span::from_secs(24 * 3600);
/// Highest seed in a cluster: numbers there have 63 bits.
pub const MAX_SEED: u64 = i64::MAX.unsigned_abs();
/// Labels, or expressions, one selector can name.
pub const MAX_SELECTOR: usize = 16;
/// Characters of a pod's name: an RFC 1123 subdomain.
pub const MAX_POD_NAME: usize = 253;
/// Values one expression of a selector can list, and pods one fault can name.
pub const MAX_VALUES: usize = 64;
/// Numbers one table of a delay can hold: as many as iproute2's own tables and its `maketable` have.
pub const MAX_TABLE: usize = 4096;
/// Pods whose receipts one status holds; the rest are in its totals.
pub const MAX_RECEIPTS: usize = 50;
/// Connections that a preview lists for one pod.
pub const MAX_PREVIEW: usize = 50;
/// Connections that one status lists in all.
pub const MAX_PREVIEW_TOTAL: usize = 500;
/// Messages one status holds.
pub const MAX_MESSAGES: usize = 32;
/// Characters of one message.
pub const MAX_MESSAGE: usize = 1024;
/// Characters of a plan or a report: etcd refuses objects above 1.5 MB.
pub const MAX_BODY: usize = 1_000_000;
