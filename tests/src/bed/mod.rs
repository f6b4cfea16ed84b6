//! The parts of a test bed. Each is a guard: dropping it ends what it started.

pub mod capture;
pub mod fingerprint;
pub(crate) mod gate;
pub mod message;
pub mod namespace;
pub mod nats;
pub mod netfault;
pub mod outcome;
pub mod probe;
pub mod process;
pub mod servers;
pub mod star;
pub mod tcp;
pub mod tools;
pub mod topology;
pub mod udp;
pub mod wait;
pub(crate) mod way;

pub use capture::{Capture, Segment, Unreachable, all_dropped};
pub use fingerprint::{Fingerprint, Unchanged};
pub use message::Sample;
pub use namespace::Namespace;
pub use netfault::Netfault;
pub use outcome::Outcome;
pub use probe::Probe;
pub use process::Process;
pub use star::Star;
pub use topology::{Host, Pair};
pub use udp::UdpPath;
pub use wait::{eventually, holds_for, once_in_three, quickest, within};
pub(crate) use way::insist_on_way;
