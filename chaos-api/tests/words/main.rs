//! What users write: read, written back, refused with one line.

mod examples;
mod faults;
mod peers;
mod units;
