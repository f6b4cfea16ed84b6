//! What users write: read, written back, refused with one line.
#![forbid(unsafe_code)]

mod cluster_peers;
mod completion;
mod examples;
mod faults;
mod netem;
mod peers;
mod resolving;
mod settings;
mod units;
